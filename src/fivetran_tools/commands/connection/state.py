"""The words of `connection state get` and `connection state set`."""

from pathlib import Path

import click

from fivetran_tools.commands.connection.words import announce, opened_at, which_connection, which_fivetran
from fivetran_tools.commands.vocabulary import FILE, Examples
from fivetran_tools.errors import CommandError, UsageError


@click.group(short_help="Read or replace the state it goes on from.")
def state() -> None:
    """Read or replace the state that the next sync goes on from."""


@state.command(
    name="get",
    cls=Examples,
    short_help="Print the state.",
    example="./fivetran connection state get hed --local --output state.json",
)
@which_connection
@click.option("--output", type=FILE, help="Write it there.  [default: standard output]")
@which_fivetran
def get_state(connection: str, output: Path | None, api_url: str | None, *, local: bool) -> None:
    """Print the state of CONNECTION as JSON."""
    from fivetran_tools.connections.states import as_text
    from fivetran_tools.writing import write_whole

    with opened_at(connection, api_url, local) as (api, found):
        text = as_text(api.state(found.id))
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        write_whole(output, text)
    except (OSError, ValueError) as error:
        message = f"cannot write {output}: {getattr(error, 'strerror', None) or error}"
        raise CommandError(message) from error
    announce(f"the state of {found.schema_name} is in {output}")


@state.command(
    name="set",
    cls=Examples,
    short_help="Replace the state.",
    example="./fivetran connection state set hed state.json --local --dry-run\n"
    "./fivetran connection state set hed state.json --local --pause\n"
    "echo '{}' | ./fivetran connection state set hed - --local",
)
@which_connection
@click.argument("file", metavar="FILE|-")
@click.option("--pause", "pauses", is_flag=True, help="Pause it, set the state, and unpause it if it was not paused.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and set nothing.")
@which_fivetran
def set_state(connection: str, file: str, api_url: str | None, *, pauses: bool, dry_run: bool, local: bool) -> None:
    """Replace the state of CONNECTION by the JSON object in FILE, and show what that changes.

    Keep the old one first: only the connector knows what is legal in it.
    """
    from contextlib import nullcontext

    from fivetran_tools.connections import states

    if not file.strip():
        raise UsageError("FILE is empty: name a file, or - for standard input")
    new = states.read_state(file)
    with (
        opened_at(connection, api_url, local) as (api, found),
        states.paused(api, found, announce) if pauses and not dry_run else nullcontext(),
    ):
        changes = states.differences(api.state(found.id), new)
        for line in changes:
            click.echo(line)
        if changes and not dry_run:
            states.set_state(api, found, new)
    what = "would change" if dry_run else "is replaced"
    announce(f"the state of {found.schema_name} {what}" if changes else f"{found.schema_name} has that state already")
