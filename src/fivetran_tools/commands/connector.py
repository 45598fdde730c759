"""The words of `connector create` and `connector list`."""

import click

from fivetran_tools.commands.vocabulary import Examples, complain
from fivetran_tools.connectors.paging import Paging


@click.group(short_help="Make a connector, or list those there are.")
def connector() -> None:
    """Make a connector, or list those there are."""


@connector.command(
    cls=Examples,
    short_help="Make connector NAME, which runs at once.",
    example="./fivetran connector create weather\n./fivetran connector create weather --paging since",
)
@click.argument("name")
@click.option(
    "--paging",
    type=click.Choice([paging.value for paging in Paging]),
    default=Paging.CURSOR.value,
    help="How its source is read: by a cursor it hands out, by counting records, or by the time of their last update."
    "  [default: cursor]",
)
def create(name: str, paging: str) -> None:
    """Make connector NAME in connectors/NAME: a small one that runs at once, on a stub of its source.

    It comes with tests, a README to fill in, and its place in CI. docs/writing-a-connector.md goes on from there.
    """
    from fivetran_tools.connectors.create import create as run
    from fivetran_tools.project import Project

    created = run(Project.here(), name, Paging(paging))
    click.echo(f"connectors/{name}/")
    for file in created.files:
        click.echo(f"  {file}")
    if created.ci_updated:
        click.echo(f".circleci/config.yml has a job for {name}")
    if created.ci_problem:
        complain(f"{name} is made, but has no place in CI yet: {created.ci_problem}; then ./fivetran ci_config update")
    click.echo("\nnext:")
    click.echo(f"  ./fivetran debug {name} --simulate")
    click.echo(f"  ./fivetran check {name}")
    click.echo(f"  ./fivetran test -- connectors/{name}")


@connector.command(
    name="list",
    cls=Examples,
    short_help="List the connectors.",
    example="./fivetran connector list\n./fivetran connector list --format json",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to list.")
def list_connectors(form: str) -> None:
    """List the connectors: their tables, where they are deployed, and what their last check said."""
    from fivetran_tools.connectors import formats, terminal
    from fivetran_tools.connectors.listing import list_connectors as run
    from fivetran_tools.project import Project

    listed = run(Project.here())
    if form == "json":
        click.echo(formats.as_json(listed))
    else:
        terminal.show(listed)
