"""What several areas ask the same way: figures by the values of one column."""

from cohort.filters import Filters, asking
from insights.document import escaped
from insights.figures import Figure, Group
from insights.workflow import LARGEST_GROUPS
from warehouse.query import Query, Row

FLAGGED = "sum(case when at_risk_flag then 1 else 0 end)"
KNOWN = "sum(case when at_risk_flag is not null then 1 else 0 end)"
YEARS = "years of enrollment"
SHARE = f"1.0 * {FLAGGED} / nullif({KNOWN}, 0)"
AS_NUMBER = "case when at_risk_flag then 1.0 when not at_risk_flag then 0.0 end"


def by(filters: Filters, value: str, figures: str = "", *columns: str) -> Query:
    """Return a query by groups, the largest first, with how many of each are at risk, and the totals of all groups.

    Every record is in a group, those without a value too: what is left out can otherwise be told by subtraction.

    Args:
        filters: Whose records.
        value: The expression whose values are the groups.
        figures: Aggregates with their names, such as `avg(current_gpa) as gpa`.
        columns: The table's columns that both read.
    """
    inner = (
        f"select {value} as word, count(*) as records, {SHARE} as share, {FLAGGED} as flagged, {KNOWN} as known"  # noqa: S608
        f"{', ' * bool(figures)}{figures} from records where {{where}} group by 1"
    )
    sql = (
        "select *, count(*) over () as groups, sum(records) over () as everyone, sum(known) over () as all_known,"  # noqa: S608
        f" sum(flagged) over () as all_flagged from ({inner}) as g order by records desc, word limit {LARGEST_GROUPS}"
    )
    return asking(sql, filters.where(), ("at_risk_flag", *columns))


def quartiles(column: str, per: int) -> str:
    """Return SQL for the quartiles `q1`, `q2` and `q3` of a column, rounded to parts of which `per` make one.

    They are found among the values that occur, each with how often: a sort of every record would hold all of them in
    memory. A quartile is the smallest value that so large a share of the records does not pass.
    """
    names = (("q1", 0.25), ("q2", 0.5), ("q3", 0.75))
    found = ", ".join(
        f"min(case when upto >= {part} * known then place end) / {per}.0 as {name}" for name, part in names
    )
    return (
        f"select max(known) as known, {found} from ("  # noqa: S608
        "select place, sum(n) over (order by place nulls first) as upto, sum(n) over () as known from ("
        f"select floor({column} * {per} + 0.5) as place, count(*) as n from records"
        f" where ({{where}}) and {column} is not null group by 1) as counted) as placed"
    )


def group(column: str, row: Row) -> Group:
    """Return which group a row of such an answer is about."""
    word = row["word"]
    return Group(column, None if word is None else str(word))


def year(row: Row) -> Group:
    """Return which year of enrollment a row of such an answer is about."""
    return Group("enrollment_date", None if row["word"] is None else str(row["word"])[:4])


def named(figure: Figure | None) -> str:
    """Return the name of a figure's group, as Markdown that means just this, for a sentence with places for figures."""
    name = escaped(figure.group.name) if figure and figure.group else ""
    return f"**{name}**".replace("{", "{{").replace("}", "}}")
