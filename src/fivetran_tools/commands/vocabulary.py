"""What the words of all verbs share: exit codes, argument types, and help that ends with a worked example."""

from pathlib import Path
from typing import Any, Final

import click

from fivetran_tools.printable import one_line

DONE: Final = 0
FAILED: Final = 1
WRONG_WORDS: Final = 2
INTERRUPTED: Final = 130

FILE: Final = click.Path(dir_okay=False, path_type=Path)


class Examples(click.Command):
    """A command whose help ends with a worked example, printed as it is written."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:  # noqa: ANN401  # click's signature
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        formatter.write("\nExample:\n")
        for line in self.example.splitlines():
            formatter.write(f"  {line}\n")


def complain(text: str) -> None:
    """Print one line on standard error, and nothing that moves a terminal's cursor: a function's words may be in it."""
    click.echo(f"fivetran: {one_line(text)}", err=True)
