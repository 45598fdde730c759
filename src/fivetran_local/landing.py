# ruff: noqa: S608  # every name in the SQL is quoted, every value is a parameter
"""One table's batch, written: its columns made to fit, then its rows by the last operation on each key."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from fivetran_local.batches import Batch, Operation
from fivetran_local.catalog import Catalog, KnownTable, quoted
from fivetran_local.columns import conversion
from fivetran_local.errors import RefusedError
from fivetran_local.naming import BATCH, DELETED, INDEX, SYNCED
from fivetran_local.records import Counts
from fivetran_local.typed_batch import OPERATION, SEQUENCE, TypedBatch, key_names, make_typed

if TYPE_CHECKING:
    import duckdb

_TYPED: Final = "#arrow"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every row of one sync bears."""

    synced: datetime
    batch: int


class Landing:
    """Writes batches into the tables of one connection, inside a transaction that the caller holds."""

    def __init__(
        self, database: "duckdb.DuckDBPyConnection", catalog: Catalog, stamp: Stamp, *, infer_timestamps: bool
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._stamp = stamp
        self._infer_timestamps = infer_timestamps

    def land(self, known: KnownTable | None, batch: Batch, *, soft: bool) -> tuple[KnownTable, Counts]:
        """Write a batch. `soft`: the table needs a column that marks deleted rows.

        All changes of columns come first: DuckDB does not alter a table whose rows the same transaction changed.

        Returns:
            the table as it now is, and what was done.

        Raises:
            RefusedError: the batch's key is not that of the rows in the table, or a row has no key.
        """
        if known and set(known.primary_key) != set(batch.primary_key):
            if not self._catalog.is_empty(batch.name):
                raise RefusedError(
                    f"table '{batch.source}': its rows have another primary key than the one now declared: "
                    "start over with `./fivetran reset` (a re-sync in production)"
                )
            known = replace(known, primary_key=batch.primary_key)
        typed = make_typed(batch, known, infer_timestamps=self._infer_timestamps)
        changes = self._alter(known, batch, typed, soft=soft)
        now = KnownTable(
            source=batch.source,
            primary_key=batch.primary_key,
            columns={**(known.columns if known else {}), **typed.types},
            soft=soft or bool(known and known.soft),
            batch=self._stamp.batch,
            next_index=known.next_index if known and known.batch == self._stamp.batch else 0,
        )
        self._database.register(_TYPED, typed.arrow)
        if not batch.primary_key:
            counts = self._append(now, batch, typed)
            now = replace(now, next_index=now.next_index + len(batch.rows))
        elif batch.is_plain and typed.has_distinct(key_names(batch)):
            counts = self._upsert(batch, typed)
        else:
            counts = self._merge(now, batch, typed)
        return now, replace(counts, upserts=batch.upserts, schema_changes=changes)

    def make_soft(self, table: str, known: KnownTable) -> KnownTable:
        """Give a table the column that marks deleted rows; those it has are not deleted."""
        self._database.execute(f"ALTER TABLE {self._name(table)} ADD COLUMN {DELETED} BOOLEAN DEFAULT FALSE")
        return replace(known, soft=True)

    def mark_unsent(self, table: str, *, before: datetime) -> None:
        """Mark the rows last sent before an instant; that instant stays to be read in them."""
        query = f"UPDATE {self._name(table)} SET {DELETED} = TRUE WHERE {SYNCED} < ? AND NOT {DELETED}"
        self._database.execute(query, [before])

    def drop_unsent(self, name: str, known: KnownTable, *, before: datetime) -> int:
        """Remove the rows last sent before an instant, or mark them where the table marks what is deleted.

        A table of which nothing was sent since is left alone: it may be one that is not loaded any more.

        Returns:
            how many rows.
        """
        table = self._name(name)
        sent = self._database.execute(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {SYNCED} >= ?)", [before]).fetchone()
        if not (sent and sent[0]):
            return 0
        query = f"DELETE FROM {table} WHERE {SYNCED} < ?"
        if known.soft:
            query = f"UPDATE {table} SET {DELETED} = TRUE WHERE {SYNCED} < ? AND NOT {DELETED}"
        done = self._database.execute(query, [before]).fetchone()
        return int(done[0]) if done else 0

    def _alter(self, known: KnownTable | None, batch: Batch, typed: TypedBatch, *, soft: bool) -> int:
        name = self._name(batch.name)
        if known is None:
            columns = [f"{quoted(column)} {kind.sql}" for column, kind in typed.types.items()]
            columns.append(f"{SYNCED} TIMESTAMPTZ")
            columns += [] if batch.primary_key else [f"{BATCH} BIGINT", f"{INDEX} BIGINT"]
            columns += [f"{DELETED} BOOLEAN DEFAULT FALSE"] if soft else []
            self._database.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
            return 1
        changes = 0
        for column, kind in typed.types.items():
            old = known.columns.get(column)
            identifier = quoted(column)
            if old is None:
                self._database.execute(f"ALTER TABLE {name} ADD COLUMN {identifier} {kind.sql}")
            elif old.sql != kind.sql:
                using = conversion(identifier, old, kind)
                self._database.execute(f"ALTER TABLE {name} ALTER {identifier} TYPE {kind.sql} USING {using}")
            else:
                continue
            changes += 1
        if not batch.primary_key:
            for column in (BATCH, INDEX):
                self._database.execute(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {column} BIGINT")
        if soft and not known.soft:
            self.make_soft(batch.name, known)
            changes += 1
        return changes

    def _append(self, now: KnownTable, batch: Batch, typed: TypedBatch) -> Counts:
        columns = [*typed.casts(), f"$synced AS {SYNCED}", f"$batch AS {BATCH}", f'"{SEQUENCE}" + $start AS {INDEX}']
        self._database.execute(
            f'INSERT INTO {self._name(batch.name)} BY NAME SELECT {", ".join(columns)} FROM "{_TYPED}"',
            {"synced": self._stamp.synced, "batch": self._stamp.batch, "start": now.next_index},
        )
        return Counts()

    def _upsert(self, batch: Batch, typed: TypedBatch) -> Counts:
        """One row for each key, and nothing deleted: what came before goes, what came in stays."""
        name, source = self._name(batch.name), f'(SELECT {", ".join(typed.casts())} FROM "{_TYPED}")'
        same = _equal("old", "new", key_names(batch))
        run = self._database.execute
        removed = run(f"DELETE FROM {name} AS old USING {source} AS new WHERE {same}").fetchall()[0][0]
        run(f"INSERT INTO {name} BY NAME SELECT *, ? AS {SYNCED} FROM {source}", [self._stamp.synced])
        return Counts(updates=removed)

    def _merge(self, now: KnownTable, batch: Batch, typed: TypedBatch) -> Counts:
        """Several operations on a key, or deletes: the last of each kind on a key decide together."""
        name, key = self._name(batch.name), key_names(batch)
        keys = ", ".join(map(quoted, key))
        run = self._database.execute
        columns = ", ".join([*typed.casts(), quoted(SEQUENCE), quoted(OPERATION)])
        run(f'CREATE TEMP TABLE "#typed" AS SELECT {columns} FROM "{_TYPED}"')
        run(f'CREATE TEMP TABLE "#present" AS SELECT {keys} FROM {name} SEMI JOIN "#typed" USING ({keys})')
        run(
            f'CREATE TEMP TABLE "#last" AS SELECT {keys}, {_last(Operation.UPSERT)} AS upserted, '
            f"{_last(Operation.HARD_DELETE)} AS removed, {_last(Operation.SOFT_DELETE)} AS marked "
            f'FROM "#typed" GROUP BY {keys}'
        )
        updates, deletes = run(_HITS.format(keys=keys)).fetchall()[0]
        same = _equal("old", "last", key)
        run(
            f'DELETE FROM {name} AS old USING "#last" AS last '
            f"WHERE {same} AND (upserted IS NOT NULL OR removed IS NOT NULL)"
        )
        mark = f", coalesce(marked > upserted, FALSE) AS {DELETED}" if now.soft else ""
        run(
            f"INSERT INTO {name} BY NAME SELECT {', '.join(f'new.{quoted(column)}' for column in typed.types)}, "
            f'? AS {SYNCED}{mark} FROM "#typed" AS new JOIN "#last" AS last ON new."{SEQUENCE}" = last.upserted '
            "WHERE removed IS NULL OR removed < upserted",
            [self._stamp.synced],
        )
        if now.soft:
            run(
                f'UPDATE {name} AS old SET {DELETED} = TRUE, {SYNCED} = ? FROM "#last" AS last '
                f"WHERE {same} AND upserted IS NULL AND removed IS NULL",
                [self._stamp.synced],
            )
        for table in ('"#typed"', '"#present"', '"#last"'):
            run(f"DROP TABLE {table}")
        return Counts(updates=updates, deletes=deletes)

    def _name(self, table: str) -> str:
        return f"{self._catalog.schema}.{quoted(table)}"


_HITS: Final = f"""
WITH before AS (
    SELECT "{OPERATION}" AS operation, coalesce(
        last_value(CASE WHEN "{OPERATION}" = {Operation.SOFT_DELETE:d} THEN NULL ELSE "{OPERATION}" END IGNORE NULLS)
            OVER (PARTITION BY {{keys}} ORDER BY "{SEQUENCE}" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            = {Operation.UPSERT:d},
        "#present".rowid IS NOT NULL) AS present
    FROM "#typed" LEFT JOIN "#present" USING ({{keys}})
)
SELECT count(*) FILTER (operation = {Operation.UPSERT:d}), count(*) FILTER (operation <> {Operation.UPSERT:d})
FROM before WHERE present
"""
"""How many upserts replaced a row, and how many deletes found one, each seen in its turn."""


def _last(operation: Operation) -> str:
    return f'max("{SEQUENCE}") FILTER ("{OPERATION}" = {operation:d})'


def _equal(left: str, right: str, key: list[str]) -> str:
    return " AND ".join(f"{left}.{quoted(column)} = {right}.{quoted(column)}" for column in key)
