"""`app`: StudentSuccess on a warehouse that `debug` or `serve` filled, until somebody ends it."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fivetran_tools import environment
from fivetran_tools.app.streamlit_process import HOST, streamlit
from fivetran_tools.app.student_records import SCHEMA, TABLE, StudentRecords, look, table_named
from fivetran_tools.debug import DebugOptions
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.local_place import local_files
from fivetran_tools.logs import new_log
from fivetran_tools.project import Project
from fivetran_tools.serving.ports import is_free

SCRIPT: Final = Path("apps/student_success/streamlit_app.py")
EXTRA: Final = "app"
CONNECTOR: Final = SCHEMA
"""Whose simulator fills a warehouse that has no student records; they land in a schema of this name."""


@dataclass(frozen=True, slots=True)
class AppOptions:
    """What to open, and where."""

    port: int
    """Where the app listens, on 127.0.0.1; 0 for any port that is free."""
    warehouse: Path | None = None
    connection: str | None = None
    """The connection whose records are shown; the newest synced where neither it nor a table is named."""
    table: str | None = None
    """As SCHEMA.TABLE."""
    rows: int = 600
    """How many records are landed where there are none and somebody wants them."""


@dataclass(frozen=True, slots=True)
class Records:
    """What the app is to read: a file that may be missing, and a table that may be."""

    warehouse: Path
    table: StudentRecords
    others: tuple[StudentRecords, ...] = ()
    """Tables that could have been meant as well."""

    @property
    def can_be_filled(self) -> bool:
        """Whether there are none, and the simulator's would land just there."""
        return not self.table.rows and str(self.table) == f"{SCHEMA}.{TABLE}"


def install() -> None:
    """Install what the app needs, on first use. The launcher has seen to everything else.

    Raises:
        CommandError: it could not be installed.
    """
    stamp = environment.Stamp.read(environment.Environment(environment.ROOT).stamp)
    if stamp and EXTRA in stamp.extras and find_spec("streamlit"):
        return
    try:
        environment.ensure(EXTRA)
    except environment.BootstrapError as error:
        raise CommandError(str(error)) from error


def records_of(project: Project, options: AppOptions) -> Records:
    """Return what the app is to read.

    Raises:
        UsageError: the words contradict each other, or name no table that there is.
        WarehouseError: the file cannot be read.
    """
    if options.connection and options.table:
        raise UsageError("--connection and --table exclude each other: a connection's table is NAME.hed_records")
    wanted = table_named(options.table or f"{options.connection}.{TABLE}") if _is_named(options) else None
    warehouse = (options.warehouse or local_files(project.root) / "warehouse.db").resolve()
    found = look(warehouse, wanted)
    first, *others = found or [wanted or StudentRecords(SCHEMA, TABLE)]
    records = Records(warehouse, first, tuple(others))
    if not found and not records.can_be_filled:
        there = ", ".join(f"{table} ({table.freshness})" for table in look(warehouse)) or "no student records"
        raise UsageError(f"{short(project, warehouse)} has no {records.table}; it has {there}")
    return records


def short(project: Project, path: Path) -> str:
    """Return a path as a person in the checkout's folder would write it."""
    return str(path.relative_to(project.root)) if path.is_relative_to(project.root) else str(path)


def _is_named(options: AppOptions) -> bool:
    return bool(options.connection or options.table)


def fill_options(records: Records, rows: int) -> DebugOptions:
    """Return the sync that lands invented records where the app reads them.

    Raises:
        UsageError: they would land elsewhere.
    """
    if str(records.table) != f"{SCHEMA}.{TABLE}":
        message = f"--simulate lands in {SCHEMA}.{TABLE}, and {records.table} is what the app would read"
        raise UsageError(message)
    simulator = ("--rows", str(rows))
    return DebugOptions(CONNECTOR, simulate=True, warehouse=records.warehouse, sample_rows=0, simulator_words=simulator)


def open_app(project: Project, records: Records, options: AppOptions, announce: Callable[[str], None]) -> None:
    """Run the app until a signal ends it.

    Args:
        project: The checkout.
        records: What it reads.
        options: Where it listens, and how many records its page lands where there are none.
        announce: Told the address, once it answers.

    Raises:
        CommandError: the port is taken; it does not start, or ends by itself.
    """
    port = options.port
    if port and not is_free(port):
        raise CommandError(
            f"port {port} of {HOST} is in use: end the program that has it, or choose another with --port"
        )
    log = new_log(project, "student-success")
    with (
        suppress(KeyboardInterrupt),  # the way in which every signal that ends a command arrives
        streamlit(project.root / SCRIPT, project.root, port, log, _variables(records, options.rows)) as running,
    ):
        announce(running.url)
        running.wait()


def _variables(records: Records, rows: int) -> dict[str, str]:
    fill = [sys.executable, "-P", "-m", "fivetran_tools", "app", "--simulate", "--land-only", "--rows", str(rows)]
    return {
        "STUDENT_SUCCESS_WAREHOUSE": "duckdb",
        "STUDENT_SUCCESS_FILE": str(records.warehouse),
        "STUDENT_SUCCESS_TABLE": str(records.table),
        "STUDENT_SUCCESS_SIMULATED": "1" if records.table.simulated else "",
        "STUDENT_SUCCESS_FILL": json.dumps([*fill, "--warehouse", str(records.warehouse)])
        if records.can_be_filled
        else "",
    }
