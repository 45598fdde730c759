"""The words of `simulate`."""

import click

from fivetran_tools.commands.vocabulary import DONE, Examples


@click.command(
    cls=Examples,
    short_help="Run the simulator of NAME's source.",
    example="./fivetran simulate hed --port 8900 --rows 1000 --seed 7",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []},
)
@click.argument("name")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def simulate(name: str, arguments: tuple[str, ...]) -> int:
    """Run the simulator of connector NAME's source; it says what else it takes with --help."""
    from fivetran_tools.project import Project
    from fivetran_tools.simulate import simulate as run

    if name in ("-h", "--help"):
        click.echo(click.get_current_context().get_help())
        return DONE
    return run(Project.here(), name, list(arguments))
