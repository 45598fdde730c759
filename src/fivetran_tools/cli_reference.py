"""Writes docs/cli.md from the command's own help.

python -m fivetran_tools.cli_reference [--check]

With --check nothing is written, and the exit code is 1 when the file is stale.
"""

import sys
from collections.abc import Iterator

import click

from fivetran_tools.cli import fivetran
from fivetran_tools.project import Project

_HEAD = """\
# The command

<!-- Generated from `--help` by `python -m fivetran_tools.cli_reference`: do not edit. -->

Exit codes: 0 done, 1 the work failed, 2 the words were wrong, 130 interrupted. `./fivetran --debug VERB …` shows
the whole traceback of a failure.
"""


def reference() -> str:
    """Return the text of docs/cli.md."""
    return "\n".join((_HEAD, *_sections("./fivetran", fivetran)))


def _sections(path: str, group: click.Group) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        words = f"{path} {name}"
        if isinstance(command, click.Group):
            yield from _sections(words, command)
            continue
        context = click.Context(command, info_name=words, max_content_width=100, terminal_width=100)
        yield f"## {words.removeprefix('./fivetran ')}\n\n```\n{command.get_help(context).rstrip()}\n```\n"


def main(arguments: list[str]) -> int:
    """Write the file, or check it."""
    file = Project.here().root / "docs" / "cli.md"
    if arguments == ["--check"]:
        fresh = file.exists() and file.read_text(encoding="utf-8") == reference()
        if not fresh:
            click.echo(f"{file.name} is stale: run python -m fivetran_tools.cli_reference", err=True)
        return 0 if fresh else 1
    file.write_text(reference(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
