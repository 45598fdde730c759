"""The reports in a table of the warehouse, in a schema of its own: for platforms whose disk is not kept.

The app's role needs to make a schema in the records' database, or to write in one that somebody made for it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from sqlglot import exp

from insights.history.lines import moment, readable, to_line
from insights.history.protocol import HistoryError
from insights.report import Outcome, Report
from warehouse.errors import WarehouseError
from warehouse.protocol import Statement, Warehouse, WritingSession
from warehouse.query import Row

SCHEMA: Final = "student_success_app"
TABLE: Final = "insights"

_COLUMNS: Final = "id STRING, made_at STRING, area STRING, outcome STRING, report STRING"
_ROW: Final = "id, made_at, area, report"
_PUT: Final = (
    "MERGE INTO {table} AS kept"
    " USING (SELECT ? AS id, ? AS made_at, ? AS area, ? AS outcome, ? AS report) AS made ON kept.id = made.id"
    " WHEN MATCHED THEN UPDATE SET made_at = made.made_at, area = made.area, outcome = made.outcome,"
    " report = made.report"
    " WHEN NOT MATCHED THEN INSERT (id, made_at, area, outcome, report)"
    " VALUES (made.id, made.made_at, made.area, made.outcome, made.report)"
)
"""One statement, because nothing holds several of them together: a report is kept whole, and once."""


@dataclass(frozen=True, slots=True)
class WarehouseHistory:
    """The table, in the database of the student records; it is made when the first report is kept."""

    warehouse: Warehouse
    catalog: str | None = None

    @property
    def place(self) -> str:
        """The table."""
        return f"{'.'.join(filter(None, (self.catalog, SCHEMA, TABLE)))} in {self.warehouse.place}"

    def add(self, report: Report) -> None:
        """Keep a report."""
        row = [report.id, moment(report), report.question.area, report.outcome, to_line(report)]
        with self._writing() as session:
            try:
                session.execute(self._statement(_PUT, row))
            except WarehouseError as error:
                if not _missing(str(error)):
                    raise
                # Only now: a role may be allowed to write in what somebody made, and to make nothing.
                session.execute(self._statement("CREATE SCHEMA IF NOT EXISTS {schema}"))
                session.execute(self._statement(f"CREATE TABLE IF NOT EXISTS {{table}} ({_COLUMNS})"))
                session.execute(self._statement(_PUT, row))

    def page(
        self, limit: int, before: Report | None = None, *, area: str | None = None, outcome: Outcome | None = None
    ) -> list[Report]:
        """Return reports, newest first."""
        conditions, bound = ["1 = 1"], []
        if before is not None:
            conditions.append("(made_at < ? OR (made_at = ? AND id < ?))")
            bound += [moment(before), moment(before), before.id]
        for name, value in (("area", area), ("outcome", outcome)):
            if value is not None:
                conditions.append(f"{name} = ?")
                bound.append(value)
        where = " AND ".join(conditions)
        sql = f"SELECT {_ROW} FROM {{table}} WHERE {where} ORDER BY made_at DESC, id DESC LIMIT {int(limit)}"  # noqa: S608
        return [_report(row) for row in self._rows(sql, bound)]

    def get(self, id: str) -> Report | None:  # noqa: A002
        """Return one report."""
        rows = self._rows(f"SELECT {_ROW} FROM {{table}} WHERE id = ?", [id])  # noqa: S608
        return _report(rows[0]) if rows else None

    def delete(self, id: str) -> None:  # noqa: A002
        """Forget a report."""
        with self._writing() as session:
            session.execute(self._statement("DELETE FROM {table} WHERE id = ?", [id]))

    def _rows(self, sql: str, bound: Sequence[str]) -> list[Row]:
        try:
            with self.warehouse.connect() as session:
                return session.rows(self._statement(sql, bound))
        except WarehouseError as error:
            if _missing(str(error)):
                return []
            raise HistoryError(f"the insights' history in {self.place} cannot be read: {error}") from error

    @contextmanager
    def _writing(self) -> Iterator[WritingSession]:
        try:
            with self.warehouse.connect() as session:
                if not isinstance(session, WritingSession):
                    raise HistoryError(f"{self.warehouse.place} is only read: set STUDENT_SUCCESS_HISTORY to a file")
                yield session
        except WarehouseError as error:
            raise HistoryError(f"the insights' history in {self.place} cannot be written: {error}") from error

    def _statement(self, sql: str, bound: Sequence[str] = ()) -> Statement:
        """Return the statement with its names, and its question marks as this warehouse's placeholders."""
        dialect = self.warehouse.dialect
        names = [f"p{place}" for place in range(len(bound))]
        if dialect != "snowflake":
            for name in names:
                sql = sql.replace("?", f"{'$' if dialect == 'duckdb' else ':'}{name}", 1)
        catalog = f"{exp.to_identifier(self.catalog, quoted=True).sql(dialect)}." if self.catalog else ""
        text = sql.replace("{schema}", f"{catalog}{SCHEMA}").replace("{table}", f"{catalog}{SCHEMA}.{TABLE}")
        return Statement(text, list(bound) if dialect == "snowflake" else dict(zip(names, bound, strict=True)))


def _report(row: Row) -> Report:
    return readable(row["id"], row["made_at"], row["area"], row["report"])


def _missing(message: str) -> bool:
    """Return whether a warehouse says that there is no such table: nothing was kept yet."""
    return any(words in message.lower() for words in ("does not exist", "cannot be found", "table_or_view_not_found"))
