"""The stand-ins of the remote warehouses, each a process in an environment with the app's own clients."""

import os
import pickle
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from tests.support.client_environments import client_python
from tests.support.student_success import ROOT
from warehouse.errors import WarehouseError
from warehouse.protocol import TableName

FOLDER = Path(__file__).parent
TABLES = {
    "databricks": TableName("hed", "hed_records", "spark_catalog"),
    "snowflake": TableName("HED", "HED_RECORDS", "SYNCED"),
}
JAVA = "openjdk-17-jre-headless"
END_SECONDS = 30
INSTALL_SECONDS = 600


@dataclass
class StandIn:
    """A remote warehouse that is reached through the app's own adapter and the vendor's own client."""

    dialect: str
    table: TableName
    process: subprocess.Popen[bytes]
    said: Path

    def ask(self, asked: Any) -> Any:
        """Return its answer to a statement, to a table's name (its columns), or to a tuple; see stand_in.py.

        Raises:
            WarehouseError: what the adapter raised.
        """
        try:
            pickle.dump(asked, self.process.stdin)
            self.process.stdin.flush()
            answer = pickle.load(self.process.stdout)
        except (EOFError, BrokenPipeError):
            self.process.wait(END_SECONDS)
            raise AssertionError(f"{self.dialect}'s stand-in ended: {self.said.read_text()[-2000:]}") from None
        if isinstance(answer, WarehouseError):
            raise answer
        return answer


@contextmanager
def stand_in(dialect: str, file: Path, folder: Path) -> Iterator[StandIn]:
    """Run a stand-in with the records of a DuckDB file until the block ends."""
    if dialect == "databricks":
        _have_java()
    records, said = folder / f"{dialect}.parquet", folder / f"{dialect}.log"
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute(f"SET TimeZone = 'UTC'; COPY hed.hed_records TO '{records}'")
    python = client_python("student_success/warehouse")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "apps" / "student_success"), "TZ": "UTC"}
    words = [str(python), str(FOLDER / "stand_in.py"), dialect, str(records)]
    with said.open("wb") as log:
        process = subprocess.Popen(
            words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=folder
        )
    try:
        yield StandIn(dialect, TABLES[dialect], process, said)
    finally:
        process.stdin.close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _have_java() -> None:
    """See that Spark finds a Java, installed now where it is missing and may be."""
    if shutil.which("java") or os.environ.get("JAVA_HOME"):
        return
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    for words in (["update", "-q"], ["install", "-qy", "--no-install-recommends", JAVA]):
        subprocess.run(
            [*become, "apt-get", *words], env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=INSTALL_SECONDS,
        )  # fmt: skip
