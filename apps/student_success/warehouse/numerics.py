"""The same numbers from every warehouse: what DuckDB divides, averages and orders, the others do as it does.

Snowflake and Databricks count in decimals where a number is written with a point, and Snowflake cuts a quotient of
whole numbers, and their mean, after six digits. DuckDB and BigQuery count in floating point.
"""

from typing import Final

from sqlglot import exp

_MEANS: Final = (
    exp.Avg, exp.Stddev, exp.StddevSamp, exp.StddevPop, exp.Variance, exp.VariancePop, exp.Corr, exp.CovarSamp,
    exp.CovarPop,
)  # fmt: skip
_QUANTILES: Final = (exp.Quantile, exp.PercentileCont)


def same_numbers(tree: exp.Expr, dialect: str) -> exp.Expr:
    """Return the query so that it counts in a warehouse as in DuckDB; the tree may be changed."""
    match dialect:
        case "snowflake":
            return _in_floating_point(tree, whole=True)
        case "databricks":
            return _in_floating_point(tree.transform(_for_databricks), whole=False)
        case "bigquery":
            return tree.transform(_for_bigquery)
    return tree


def _in_floating_point(tree: exp.Expr, *, whole: bool) -> exp.Expr:
    for literal in list(tree.find_all(exp.Literal)):
        if not literal.is_string and not literal.is_int and not _is_quantile(literal):
            literal.replace(_double(literal.copy()))
    if not whole:
        return tree
    for node in list(tree.find_all(exp.Div, *_MEANS, *_QUANTILES)):
        node.set("this", _double(node.this))
        if node.args.get("expression") is not None and isinstance(node, exp.Corr | exp.CovarSamp | exp.CovarPop):
            node.set("expression", _double(node.expression))
    for node in list(tree.find_all(exp.IntDiv)):  # Snowflake rounds where it makes a whole number
        node.replace(exp.func("trunc", exp.Div(this=_double(node.this), expression=node.expression)))
    return tree


def _is_quantile(literal: exp.Expr) -> bool:
    return isinstance(literal.parent, (*_QUANTILES, exp.Anonymous)) and literal.arg_key != "this"


def _double(node: exp.Expr) -> exp.Expr:
    return node if node.is_type("double") else exp.cast(node, "double")


def _for_databricks(node: exp.Expr) -> exp.Expr:
    if isinstance(node, _QUANTILES):
        # Its exact quantile between two values is an aggregate of another name.
        return exp.Anonymous(this="PERCENTILE", expressions=[node.this, _quantile(node)])
    if isinstance(node, exp.Corr):
        # Its own ends in a division by zero, and the query with it, where one of the two never changes.
        one, other = node.this, node.expression
        spread = exp.Mul(this=_spread(one, other), expression=_spread(other, one))
        covariance = exp.CovarPop(this=one.copy(), expression=other.copy())
        return exp.paren(exp.Div(this=covariance, expression=exp.func("nullif", spread, exp.Literal.number(0))))
    return node


def _spread(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """Return the deviation of one of two, over the rows that have both."""
    there = exp.not_(exp.Is(this=other.copy(), expression=exp.null()))
    return exp.StddevPop(this=exp.Case().when(there, one.copy()))


def _for_bigquery(node: exp.Expr) -> exp.Expr:
    if isinstance(node, _QUANTILES):
        # It has no exact quantile that is an aggregate: its hundredths are within one per cent.
        hundredth = exp.Literal.number(round(float(_quantile(node).name) * 100))
        hundredths = exp.Anonymous(this="APPROX_QUANTILES", expressions=[node.this, exp.Literal.number(100)])
        return exp.Bracket(this=hundredths, expressions=[exp.Anonymous(this="OFFSET", expressions=[hundredth])])
    if isinstance(node, exp.Escape):
        # Its LIKE has no ESCAPE: a backslash always is one.
        if node.expression.name != "\\":
            raise ValueError("LIKE … ESCAPE with another sign than a backslash cannot be said in BigQuery's SQL")
        like: exp.Expr = node.this
        return like
    return node


def _quantile(node: exp.Expr) -> exp.Expr:
    quantile: exp.Expr = node.args.get("quantile") or node.expression
    return quantile
