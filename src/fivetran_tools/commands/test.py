"""The words of `test`."""

import click

from fivetran_tools.commands.vocabulary import DONE, FAILED, Examples


@click.command(
    cls=Examples,
    short_help="Check the project.",
    example="./fivetran test\n./fivetran test --all\n./fivetran test -- -k cursor",
)
@click.option("--all", "everything", is_flag=True, help="Every suite, also the slow ones and the benchmarks.")
@click.argument("pytest_arguments", nargs=-1, type=click.UNPROCESSED)
def test(everything: bool, pytest_arguments: tuple[str, ...]) -> int:  # noqa: FBT001  # click passes flags so
    """Check the project: linters, types, the direction of imports, and the tests."""
    from fivetran_tools.project import Project
    from fivetran_tools.test import test as run

    return DONE if run(Project.here(), everything=everything, pytest_arguments=list(pytest_arguments)) else FAILED
