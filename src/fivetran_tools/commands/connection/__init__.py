"""The words of `connection`: one module for each few verbs that belong together."""

import click

from fivetran_tools.commands.connection.connect_card import connect_card
from fivetran_tools.commands.connection.create import create
from fivetran_tools.commands.connection.looking import list_connections, status
from fivetran_tools.commands.connection.schemas import schemas
from fivetran_tools.commands.connection.settings import delete, pause, run_tests, unpause
from fivetran_tools.commands.connection.state import state
from fivetran_tools.commands.connection.syncing import resync, sync


@click.group(short_help="Make, watch and run connections, at Fivetran or here.")
def connection() -> None:
    """Make, watch and run connections of Fivetran, or of the local Fivetran with --local.

    FIVETRAN_API_KEY and FIVETRAN_API_SECRET log in; docs/connections.md goes on from there.
    """


for _verb in (
    connect_card,
    create,
    delete,
    list_connections,
    pause,
    resync,
    run_tests,
    schemas,
    state,
    status,
    sync,
    unpause,
):
    connection.add_command(_verb)
