"""What several areas ask the same way: figures by the values of one column."""

from cohort.filters import Filters, asking
from insights.document import escaped
from insights.figures import Figure, Group
from insights.workflow import LARGEST_GROUPS
from warehouse.query import Query, Row

FLAGGED = "sum(case when at_risk_flag then 1 else 0 end)"
KNOWN = "sum(case when at_risk_flag is not null then 1 else 0 end)"
SHARE = f"1.0 * {FLAGGED} / nullif({KNOWN}, 0)"
AS_NUMBER = "case when at_risk_flag then 1.0 when not at_risk_flag then 0.0 end"


def by(filters: Filters, value: str, figures: str, *columns: str, more: tuple[str, ...] = ()) -> Query:
    """Return a query by groups, the largest first, with how many groups and records there are in all.

    Args:
        filters: Whose records.
        value: The expression whose values are the groups.
        figures: Aggregates with their names, such as `avg(current_gpa) as gpa`.
        columns: The table's columns that both read.
        more: Further conditions.
    """
    inner = f"select {value} as word, count(*) as records, {figures} from records where {{where}} group by 1"  # noqa: S608
    sql = f"select *, count(*) over () as groups, sum(records) over () as everyone from ({inner}) as g"  # noqa: S608
    return asking(f"{sql} order by records desc, word limit {LARGEST_GROUPS}", filters.where(*more), columns)


def group(column: str, row: Row) -> Group:
    """Return which group a row of such an answer is about."""
    word = row["word"]
    return Group(column, None if word is None else str(word))


def named(figure: Figure | None) -> str:
    """Return the name of a figure's group, as Markdown that means just this, for a sentence with places for figures."""
    name = escaped(figure.group.name) if figure and figure.group else ""
    return f"**{name}**".replace("{", "{{").replace("}", "}}")
