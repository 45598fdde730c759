"""The words of `bootstrap`."""

import click

from fivetran_tools.commands.vocabulary import Examples


@click.command(
    cls=Examples,
    short_help="Make or repair the environment.",
    example="./fivetran bootstrap\n./fivetran bootstrap --extra test",
)
@click.option("--extra", multiple=True, help="An extra of pyproject.toml to install as well.")
def bootstrap(extra: tuple[str, ...]) -> int:
    """Make or repair the environment (.venv). Every other command does so by itself."""
    from fivetran_tools import environment

    return environment.main(["bootstrap", *(word for name in extra for word in ("--extra", name))])
