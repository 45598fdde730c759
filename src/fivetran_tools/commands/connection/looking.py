"""The words of `connection list` and `connection status`."""

import click

from fivetran_tools.commands.connection.words import (
    as_json,
    opened,
    opened_at,
    print_json,
    which_connection,
    which_fivetran,
)
from fivetran_tools.commands.vocabulary import Examples


@click.command(
    name="list",
    cls=Examples,
    short_help="List connections.",
    example="./fivetran connection list --local\n./fivetran connection list --group grafted_unwound",
)
@click.option("--group", metavar="ID", help="Only those of this group.")
@as_json
@which_fivetran
def list_connections(group: str | None, api_url: str | None, *, data: bool, local: bool) -> None:
    """List connections: what they do, and when they last succeeded and failed."""
    from fivetran_tools.connections import terminal

    with opened(api_url, local) as api:
        found = sorted(api.connections(group=group), key=lambda connection: (connection.schema_name, connection.id))
    if data:
        print_json([connection.data for connection in found])
    else:
        terminal.show_connections(terminal.wide_console(), found)


@click.command(cls=Examples, short_help="Show CONNECTION.", example="./fivetran connection status hed --local")
@which_connection
@as_json
@which_fivetran
def status(connection: str, api_url: str | None, *, data: bool, local: bool) -> None:
    """Show CONNECTION, an id or a schema: its states, schedule, tasks, warnings, and the link to its page."""
    from fivetran_tools.connections import terminal

    with opened_at(connection, api_url, local) as (api, found):
        if data:
            print_json(found.data)
        else:
            terminal.show_status(terminal.wide_console(), found, api.address)
