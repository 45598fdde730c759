"""From a query to a warehouse's own SQL. sqlglot knows the dialects; what is ours is what the names stand for."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache

import sqlglot
from sqlglot import exp

from warehouse.protocol import Column, Statement, TableName
from warehouse.query import Query, Value

RECORDS = "records"
"""What queries call the table of student records."""

DELETED = "_fivetran_deleted"
"""Where a warehouse has this column, its true rows are gone from the source: no query sees them."""

_POSITIONAL = frozenset({"snowflake"})
"""Dialects whose clients bind by position: `?`. The others bind by name, each with a sign of its own."""
_SIGNS = {"duckdb": "$", "databricks": ":", "bigquery": "@"}


def statement(query: Query, *, dialect: str, table: TableName, columns: Iterable[Column]) -> Statement:
    """Return the query as the warehouse wants it: its SQL, its names, its placeholders."""
    text, names = _compiled(query.sql, dialect, table, tuple(columns))
    unbound = [name for name in names if name not in query.parameters]
    if unbound:
        raise KeyError(f"the query binds no value to :{unbound[0]}")
    if dialect in _POSITIONAL:
        return Statement(text, [query.parameters[name] for name in names])
    return Statement(text, {name: query.parameters[name] for name in dict.fromkeys(names)})


def shown(query: Query, *, dialect: str, table: TableName, columns: Iterable[Column]) -> str:
    """Return the query's SQL as a person reads it: on several lines, each placeholder as its value."""
    tree = _tree(query.sql, dialect, table, tuple(columns))
    for placeholder in list(tree.find_all(exp.Placeholder)):
        placeholder.replace(_literal(query.parameters[str(placeholder.this)]))
    return tree.sql(dialect=dialect, pretty=True)


@lru_cache(maxsize=512)
def _compiled(sql: str, dialect: str, table: TableName, columns: tuple[Column, ...]) -> tuple[str, tuple[str, ...]]:
    tree = _tree(sql, dialect, table, columns)
    # The marks are put into the text, after the dialect has put its parts into their order.
    for placeholder in list(tree.find_all(exp.Placeholder)):
        placeholder.replace(exp.Var(this=f"{_MARK}{placeholder.this}{_MARK}"))
    parts = tree.sql(dialect=dialect).split(_MARK)
    names = tuple(parts[1::2])
    signs = ["?" if dialect in _POSITIONAL else f"{_SIGNS[dialect]}{name}" for name in names]
    text = "".join(part for pair in zip(parts[::2], [*signs, ""], strict=True) for part in pair)
    return text, names


_MARK = "\N{SYMBOL FOR UNIT SEPARATOR}"
"""Stands on both sides of a placeholder's name; in no query, for no query has text from outside."""


def _tree(sql: str, dialect: str, table: TableName, columns: tuple[Column, ...]) -> exp.Expr:
    tree = sqlglot.parse_one(sql, read="duckdb")
    written = {column.name: column.written for column in columns}
    for identifier in list(tree.find_all(exp.Identifier)):
        identifier.set("this", written.get(identifier.name, identifier.name))
        identifier.set("quoted", True)  # noqa: FBT003  # sqlglot takes it so
    source = exp.table_(table.name, db=table.schema, catalog=table.catalog, quoted=True)
    for reference in list(tree.find_all(exp.Table)):
        if reference.name == RECORDS:
            reference.replace(_alive(source, written.get(DELETED), reference.alias or RECORDS))
    if dialect == "bigquery":
        tree = tree.transform(_approximate)
    return tree


def _alive(source: exp.Table, deleted: str | None, alias: str) -> exp.Expr:
    name = exp.TableAlias(this=exp.to_identifier(alias, quoted=True))
    if deleted is None:
        table = source.copy()
        table.set("alias", name)
        return table
    here = exp.not_(exp.func("coalesce", exp.column(deleted, quoted=True), exp.false()))
    return exp.select("*").from_(source.copy()).where(here).subquery(name)


def _approximate(node: exp.Expr) -> exp.Expr:
    """BigQuery has no exact quantile that is an aggregate: its hundredths are within one per cent."""
    if isinstance(node, exp.Quantile | exp.PercentileCont):
        hundredth = round(float(node.args["quantile"].name) * 100) if "quantile" in node.args else 50
        hundredths = exp.Anonymous(this="APPROX_QUANTILES", expressions=[node.this, exp.Literal.number(100)])
        return exp.Bracket(
            this=hundredths, expressions=[exp.Anonymous(this="OFFSET", expressions=[exp.Literal.number(hundredth)])]
        )
    return node


def _literal(value: Value) -> exp.Expr:
    if isinstance(value, datetime):
        return exp.Literal.string(value.isoformat(" "))
    if isinstance(value, date):
        return exp.Literal.string(value.isoformat())
    return exp.convert(value)
