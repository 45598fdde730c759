"""The words of `connection create`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from fivetran_tools.commands.connection.words import announce, opened, which_fivetran
from fivetran_tools.commands.vocabulary import DONE, FAILED, FILE, Examples, complain

if TYPE_CHECKING:
    from fivetran_tools.connections.answers import Ask


@click.command(
    cls=Examples,
    short_help="Make a connection of function NAME.",
    example="./fivetran connection create hed --local --configuration connectors/hed/configuration.json --start\n"
    "./fivetran connection create hed --group grafted_unwound --schema hed_export",
)
@click.argument("name")
@click.option(
    "--service", default="google_cloud_function", help="A key of services.yaml.  [default: google_cloud_function]"
)
@click.option("--schema", help="Destination schema.  [env: FIVETRAN_SCHEMA; default: NAME]")
@click.option("--group", metavar="ID", help="[env: FIVETRAN_GROUP_ID; default: the only one]")
@click.option(
    "--configuration", type=FILE, help="JSON file with its secrets, as for `debug`.  [env: FIVETRAN_CONFIGURATION]"
)
@click.option("--simulate", is_flag=True, help="Its secrets are those of the simulator that the local Fivetran runs.")
@click.option("--trigger-url", help="Where the function is called.  [default: what is deployed, or runs locally]")
@click.option(
    "--custom-payload", "custom_payloads", multiple=True, metavar="KEY=VALUE", help="What is sent with each call."
)
@click.option("--field", "fields", multiple=True, metavar="KEY=VALUE", help="Another field of the service's form.")
@click.option("--start", is_flag=True, help="Unpause it and start the initial sync, if the setup tests pass.")
@click.option("--wait", is_flag=True, help="With --start: wait for the sync's end.")
@click.option("--yes", "--no-input", "no_input", is_flag=True, help="Ask nothing: take what is known.")
@which_fivetran
def create(api_url: str | None, *, start: bool, wait: bool, no_input: bool, local: bool, **options: Any) -> int:  # noqa: ANN401  # CreateOptions types them
    """Make a connection of NAME, a function of deploy.yaml: paused, tested, and started only if told so.

    Whatever no option gives is asked for on a terminal, secrets hidden. Another service than functions takes NAME for
    its schema.
    """
    from fivetran_tools.commands.connection.syncing import follow
    from fivetran_tools.connections import creating, terminal
    from fivetran_tools.connections.answers import Answers
    from fivetran_tools.errors import UsageError
    from fivetran_tools.project import Project

    if wait and not start:
        raise UsageError("--wait goes with --start")
    with opened(api_url, local) as api:
        answers = Answers(None if no_input or not sys.stdin.isatty() else _asker())
        new = creating.prepare(Project.here(), api, creating.CreateOptions(**options), answers)
        if api.address.is_local and not new.service.runs_here:
            announce(f"the local Fivetran keeps such a connection and does not run it: {new.service.why_not}")
        made = creating.create(api, new)
        click.echo(f"{made.id} is made, paused: {api.address.page_of(made.id)}")
        announce("running its setup tests")
        tested = api.test_connection(made.id)
        terminal.show_tests(terminal.wide_console(), tested.setup_tests)
        if tested.status.setup_state != "connected":
            again = api.address.command(f"test {made.id}")
            complain(f"{made.schema_name} is {tested.status.setup_state}, and stays paused: mend it, then {again}")
            return FAILED
        if not start:
            announce(f"start its first sync with {api.address.command(f'sync {made.id} --unpause --wait')}")
            return DONE
        before = creating.start(api, tested)
        announce(f"{made.schema_name}: the initial sync is started")
        follow(api, before, wait=wait, timeout=None)
    return DONE


def _asker() -> "Ask":
    def ask(question: str, default: str, *, hidden: bool) -> str:
        shown = f" [{default}]" if default and not hidden else ""
        return str(click.prompt(f"{question}{shown}", default=default, show_default=False, hide_input=hidden, err=True))

    return ask
