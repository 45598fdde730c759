"""The reports in a file of SQLite's, beside the warehouse: many sessions, threads and processes at once."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random

from insights.history.lines import moment, readable, to_line
from insights.history.protocol import HistoryError
from insights.report import Outcome, Report

WAIT_SECONDS: Final = 10.0
"""How long one writer waits for another."""

APPLICATION: Final = 0x53545355
"""Says in the file's head that it is a history of StudentSuccess, and nobody else's database."""

_ROW: Final = "id, made_at, area, report"

STEPS: Final = (
    """
    CREATE TABLE insights (
        id TEXT PRIMARY KEY, made_at TEXT NOT NULL, area TEXT NOT NULL, outcome TEXT NOT NULL, report TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX insights_newest ON insights (made_at DESC, id DESC)",
)
"""From an empty file to today's, one after the other; a file's `user_version` says how many it has taken. A step that
was released is never changed: another is added."""


@dataclass(frozen=True, slots=True)
class SQLiteHistory:
    """One file. It is made, readable by its owner alone, when the first report is kept."""

    path: Path
    wait_seconds: float = WAIT_SECONDS

    @property
    def place(self) -> str:
        """The file."""
        return str(self.path)

    def add(self, report: Report) -> None:
        """Keep a report; it is on the disk when this returns."""
        row = (report.id, moment(report), report.question.area, report.outcome, to_line(report))
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO insights VALUES (?, ?, ?, ?, ?)", row)

    def page(
        self, limit: int, before: Report | None = None, *, area: str | None = None, outcome: Outcome | None = None
    ) -> list[Report]:
        """Return reports, newest first."""
        if not self.path.exists():
            return []
        conditions, bound = ["true"], []
        if before is not None:
            conditions.append("(made_at, id) < (?, ?)")
            bound += [moment(before), before.id]
        for name, value in (("area", area), ("outcome", outcome)):
            if value is not None:
                conditions.append(f"{name} = ?")
                bound.append(value)
        sql = (
            f"SELECT {_ROW} FROM insights WHERE {' AND '.join(conditions)}"  # noqa: S608  # of our own conditions
            " ORDER BY made_at DESC, id DESC LIMIT ?"
        )
        with self._open() as connection:
            return [readable(*row) for row in connection.execute(sql, [*bound, limit])]

    def get(self, id: str) -> Report | None:  # noqa: A002
        """Return one report."""
        if not self.path.exists():
            return None
        with self._open() as connection:
            found = connection.execute(f"SELECT {_ROW} FROM insights WHERE id = ?", [id]).fetchone()  # noqa: S608
        return readable(*found) if found else None

    def delete(self, id: str) -> None:  # noqa: A002
        """Forget a report."""
        if self.path.exists():
            with self._writing() as connection:
                connection.execute("DELETE FROM insights WHERE id = ?", [id])

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open() as connection, _transaction(connection, "IMMEDIATE"):
            yield connection

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one call: nothing is shared between threads, and a file that was replaced is seen."""
        try:
            self._make()
            with closing(sqlite3.connect(self.path, self.wait_seconds, isolation_level=None)) as connection:
                self._bring_up_to_date(connection)
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise HistoryError(f"the insights' history at {self.path} cannot be used: {error}") from error

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            # SQLite would make it as the process's umask says; its other two files take the mode of this one.
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def _bring_up_to_date(self, connection: sqlite3.Connection) -> None:
        if self._taken(connection) == len(STEPS):
            return
        self._let_readers_read_on(connection)
        with _transaction(connection, "IMMEDIATE"):
            for step in STEPS[self._checked(connection) :]:  # again: another process may have been first
                connection.execute(step)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {len(STEPS)}")

    def _let_readers_read_on(self, connection: sqlite3.Connection) -> None:
        # Alone among SQLite's statements, this one does not wait by itself for another that has just begun it.
        patiently = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, sqlite3.Error) and "locked" in str(error)),
            stop=stop_after_delay(self.wait_seconds),
            wait=wait_random(0.01, 0.05),
            reraise=True,
        )
        patiently(connection.execute, "PRAGMA journal_mode = WAL")

    def _taken(self, connection: sqlite3.Connection) -> int:
        with _transaction(connection, "DEFERRED"):
            return self._checked(connection)

    def _checked(self, connection: sqlite3.Connection) -> int:
        """Return how many steps the file has taken, within a transaction: its marks belong together."""
        taken, mine = _pragma(connection, "user_version"), _pragma(connection, "application_id") == APPLICATION
        if not mine and (taken or _pragma(connection, "schema_version")):
            raise HistoryError(f"{self.path} is another program's database: name a file in STUDENT_SUCCESS_HISTORY")
        if taken > len(STEPS):
            raise HistoryError(f"the insights' history at {self.path} was written by a newer StudentSuccess: update it")
        return taken


@contextmanager
def _transaction(connection: sqlite3.Connection, kind: Literal["DEFERRED", "IMMEDIATE"]) -> Iterator[None]:
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
