"""The words of `connection test`, `pause`, `unpause` and `delete`."""

import click

from fivetran_tools.commands.connection.words import announce, confirm, opened_at, which_connection, which_fivetran
from fivetran_tools.commands.vocabulary import DONE, FAILED, Examples, complain


@click.command(
    name="test", cls=Examples, short_help="Run its setup tests.", example="./fivetran connection test hed --local"
)
@which_connection
@which_fivetran
def run_tests(connection: str, api_url: str | None, *, local: bool) -> int:
    """Run the setup tests of CONNECTION, as "Save & Test" does; exit code 1 if one fails."""
    from fivetran_tools.connections import terminal

    with opened_at(connection, api_url, local) as (api, found):
        tested = api.test_connection(found.id)
    terminal.show_tests(terminal.wide_console(), tested.setup_tests)
    if any(test.failed for test in tested.setup_tests) or tested.status.setup_state != "connected":
        complain(f"{tested.schema_name} is {tested.status.setup_state}: mend what failed, and test again")
        return FAILED
    return DONE


@click.command(cls=Examples, short_help="Keep it from syncing.", example="./fivetran connection pause hed --local")
@which_connection
@which_fivetran
def pause(connection: str, api_url: str | None, *, local: bool) -> None:
    """Keep CONNECTION from syncing, by its schedule or when asked."""
    with opened_at(connection, api_url, local) as (api, found):
        after = api.set_paused(found.id, paused=True)
    click.echo(f"{after.schema_name} is paused")
    if after.is_syncing:
        announce("the sync that runs goes on to its end")


@click.command(cls=Examples, short_help="Let it sync.", example="./fivetran connection unpause hed --local")
@which_connection
@which_fivetran
def unpause(connection: str, api_url: str | None, *, local: bool) -> None:
    """Let CONNECTION sync by its schedule, and when asked."""
    from fivetran_tools.connections.terminal import TRAP

    with opened_at(connection, api_url, local) as (api, found):
        after = api.set_paused(found.id, paused=False)
    click.echo(f"{after.schema_name} is not paused")
    if not after.has_ended_a_sync:
        announce(f"note: {TRAP}")


@click.command(
    cls=Examples, short_help="Delete it; rows stay.", example="./fivetran connection delete hed --local --yes"
)
@which_connection
@click.option("--yes", is_flag=True, help="Do not ask first.")
@which_fivetran
def delete(connection: str, api_url: str | None, *, yes: bool, local: bool) -> None:
    """Delete CONNECTION with its settings and its state. Rows in the warehouse stay."""
    with opened_at(connection, api_url, local) as (api, found):
        confirm(f"delete {found.schema_name} ({found.id}) at {api.address.host}? Its settings and state go", yes=yes)
        api.delete_connection(found.id)
    click.echo(f"{found.schema_name} ({found.id}) is deleted; the rows in schema {found.schema_name} stay")
