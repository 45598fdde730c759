"""The words of `connection connect-card`."""

from contextlib import nullcontext

import click

from fivetran_tools.commands.connection.words import announce, opened_at, which_connection, which_fivetran
from fivetran_tools.commands.vocabulary import DONE, FAILED, Examples, complain
from fivetran_tools.errors import UsageError


@click.command(
    name="connect-card",
    cls=Examples,
    short_help="A link on which somebody completes it.",
    example="./fivetran connection connect-card hed --redirect-uri https://example.com/done\n"
    "./fivetran connection connect-card hed --local --wait",
)
@which_connection
@click.option("--redirect-uri", metavar="URL", help="Where the browser goes afterwards.")
@click.option(
    "--wait", is_flag=True, help="Wait until it comes back, to --redirect-uri or a free port of this machine."
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1, max=86_400),
    default=900,
    metavar="SECONDS",
    help="With --wait: stop waiting then.  [default: 900]",
)
@which_fivetran
def connect_card(
    connection: str, redirect_uri: str | None, timeout: int, api_url: str | None, *, wait: bool, local: bool
) -> int:
    """Print a link on which somebody without an account completes CONNECTION: its settings, and nothing else."""
    from fivetran_tools.connections.connect_card import ReturnDesk, redirect_problem

    if redirect_uri is None and not wait:
        raise UsageError("where does the browser go afterwards? pass --redirect-uri URL, or --wait")
    if redirect_uri is not None and (problem := redirect_problem(redirect_uri)):
        raise UsageError(problem)
    with (
        ReturnDesk(redirect_uri) if wait else nullcontext() as desk,
        opened_at(connection, api_url, local) as (api, found),
    ):
        uri = desk.uri if desk else redirect_uri or ""
        click.echo(api.connect_card(found.id, uri))
        if not desk:
            return DONE
        announce(f"waiting for the browser to come back, {timeout} s at most")
        if not desk.wait(timeout):
            complain(f"nobody came back within {timeout} s; the link may still be used")
            return FAILED
        now = api.connection(found.id)
        click.echo(f"{now.schema_name} is {now.status.setup_state}")
        return DONE
