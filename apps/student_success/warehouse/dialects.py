"""From a query to a warehouse's own SQL. sqlglot knows the dialects; what is ours is what the names stand for."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import exp

from warehouse.numerics import same_numbers
from warehouse.protocol import Column, Statement, TableName
from warehouse.query import Query, Value

RECORDS: Final = "records"
"""What queries call the table of student records."""

DELETED: Final = "_fivetran_deleted"
"""Where a warehouse has this column, its true rows are gone from the source: no query sees them."""

_POSITIONAL: Final = frozenset({"snowflake"})
"""Dialects whose clients bind by position: `?`. The others bind by name, each with a sign of its own."""
_SIGNS: Final = {"duckdb": "$", "databricks": ":", "bigquery": "@"}


def statement(query: Query, *, dialect: str, table: TableName, columns: Iterable[Column]) -> Statement:
    """Return the query as the warehouse wants it: its SQL, its names, its placeholders.

    Raises:
        KeyError: the query binds nothing to one of its placeholders.
    """
    parts, names = _compiled(query.sql, dialect, table, tuple(columns))
    unbound = [name for name in names if name not in query.parameters]
    if unbound:
        raise KeyError(f"the query binds no value to :{unbound[0]}")
    signs = [_sign(dialect, name, query.parameters[name]) for name in names]
    text = "".join(part for pair in zip(parts, [*signs, ""], strict=True) for part in pair)
    if dialect in _POSITIONAL:
        return Statement(text, [query.parameters[name] for name in names])
    return Statement(text, {name: query.parameters[name] for name in dict.fromkeys(names)})


def _sign(dialect: str, name: str, value: Value) -> str:
    if dialect not in _POSITIONAL:
        return f"{_SIGNS[dialect]}{name}"
    # Snowflake's client sends every value as text.
    return "CAST(? AS DOUBLE)" if isinstance(value, float) else "?"


def shown(query: Query, *, dialect: str, table: TableName, columns: Iterable[Column]) -> str:
    """Return the query's SQL as a person reads it: on several lines, each placeholder as its value.

    It is what somebody copies into another tool, so it means the same there as here.
    """
    tree = _tree(query.sql, dialect, table, tuple(columns))
    for placeholder in list(tree.find_all(exp.Placeholder)):
        placeholder.replace(_literal(query.parameters[str(placeholder.this)]))
    text = tree.sql(dialect=dialect, pretty=True)
    return f"-- BigQuery's quantiles are within one hundredth\n{text}" if approximates(query, dialect) else text


def approximates(query: Query, dialect: str) -> bool:
    """Return whether the warehouse answers a query only about: BigQuery's quantiles are within one hundredth."""
    return dialect == "bigquery" and "quantile_cont" in query.sql


@lru_cache(maxsize=512)
def _compiled(
    sql: str, dialect: str, table: TableName, columns: tuple[Column, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the text around the placeholders, and the placeholders' names."""
    tree = _tree(sql, dialect, table, columns)
    mark = _mark(f"{sql}{table}{[column.written for column in columns]}")
    # The marks are put into the text, after the dialect has put its parts into their order.
    for placeholder in list(tree.find_all(exp.Placeholder)):
        placeholder.replace(exp.Var(this=f"{mark}{placeholder.this}{mark}"))
    parts = tree.sql(dialect=dialect).split(mark)
    return tuple(parts[::2]), tuple(parts[1::2])


def _mark(text: str) -> str:
    """Return a mark that stands on both sides of a placeholder's name, and nowhere in this text."""
    mark = "\N{SYMBOL FOR UNIT SEPARATOR}"
    while mark in text:
        mark += "\N{SYMBOL FOR RECORD SEPARATOR}"
    return mark


def _tree(sql: str, dialect: str, table: TableName, columns: tuple[Column, ...]) -> exp.Expr:
    tree = sqlglot.parse_one(sql, read="duckdb")
    written = {column.name: column.written for column in columns}
    for identifier in list(tree.find_all(exp.Identifier)):
        identifier.set("this", written.get(identifier.name, identifier.name))
        identifier.set("quoted", True)  # noqa: FBT003  # sqlglot takes it so
    for reference in list(tree.find_all(exp.Table)):
        if reference.name == RECORDS and not reference.db:
            reference.replace(_records(dialect, table, columns, reference.alias or RECORDS))
    return same_numbers(tree, dialect)


def _records(dialect: str, table: TableName, columns: tuple[Column, ...], alias: str) -> exp.Expr:
    """Return the table, or what to read in its place: without deleted rows, and on BigQuery in one kind of time."""
    source = exp.table_(table.name, db=table.schema, catalog=table.catalog, quoted=True)
    name = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    times = [column.written for column in columns if column.kind == "time"] if dialect == "bigquery" else []
    deleted = next((column.written for column in columns if column.name == DELETED), None)
    if not times and deleted is None:
        source.set("alias", name)
        return source
    everything = exp.Star()
    if times:  # it compares no DATETIME with a TIMESTAMP, and Fivetran writes both
        casts = [
            exp.alias_(exp.cast(_column(time), "datetime", dialect="bigquery"), time, quoted=True) for time in times
        ]
        everything.set("replace", casts)
    select = exp.select(everything).from_(source)
    if deleted is not None:
        select = select.where(exp.not_(exp.func("coalesce", _column(deleted), exp.false())))
    return select.subquery(name)


def _column(written: str) -> exp.Column:
    return exp.column(written, quoted=True)


def _literal(value: Value) -> exp.Expr:
    if isinstance(value, datetime):
        kind = exp.DataType.Type.TIMESTAMP if value.tzinfo is None else exp.DataType.Type.TIMESTAMPTZ
        return exp.cast(exp.Literal.string(value.isoformat(" ")), kind)
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), exp.DataType.Type.DATE)
    if isinstance(value, float):
        return exp.cast(exp.convert(value), exp.DataType.Type.DOUBLE)
    return exp.convert(value)
