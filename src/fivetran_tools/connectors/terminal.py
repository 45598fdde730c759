"""How `connector list` is shown: a table on a terminal, aligned lines elsewhere."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fivetran_tools.connectors.listing import Listed, Listing
from fivetran_tools.printable import printable

_WIDE = 1_000


def show(listing: Listing) -> None:
    """Print the listing."""
    out = Console()
    if not out.is_terminal:
        out = Console(width=_WIDE)  # a line that a program reads is not broken where a terminal would end
    table = Table(box=SIMPLE_HEAD if out.is_terminal else None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("name", "tables", "deployments", "last check"):
        table.add_column(heading, overflow="fold")
    for listed in listing.connectors:
        table.add_row(*_cells(listed))
    if not listing.connectors:
        out.print("no connectors yet: ./fivetran connector create weather", highlight=False)
        return
    out.print(table)
    if listing.error:
        out.print(Text(f"deployments are not known: {printable(listing.error)}", "red"), soft_wrap=True)


def _cells(listed: Listed) -> tuple[Text, Text, Text, Text]:
    tables = ", ".join(listed.tables) or "none declared"
    deployments = ", ".join(f"{function} ({environment})" for function, environment in listed.deployments.items())
    return (
        Text(listed.name, "bold"),
        Text(printable(listed.error), "red") if listed.error else Text(tables),
        Text(deployments or "none"),
        _check(listed),
    )


def _check(listed: Listed) -> Text:
    last = listed.last_check
    if last is None:
        return Text("never")
    found = [_counted(count, what) for count, what in ((last.errors, "error"), (last.warnings, "warning")) if count]
    verdict = ", ".join([f"{last.passed} passed", *found])
    since = ", changed since" if listed.changed_since else ""
    return Text(f"{verdict}, {last.checked_at[:16].replace('T', ' ')}{since}", "red" if last.errors else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
