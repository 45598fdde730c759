"""What the verbs of `connection` share: which Fivetran, which connection, and how an answer is printed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from fivetran_tools.errors import UsageError
from fivetran_tools.printable import one_line

if TYPE_CHECKING:
    from fivetran_tools.fivetran_api import Connection, FivetranApi

_Command = TypeVar("_Command", bound=Callable[..., Any])


which_connection: Final = click.argument("connection", metavar="CONNECTION")
"""The argument that names a connection: its id, or its schema."""


def which_fivetran(command: _Command) -> _Command:
    """Add the options that say which Fivetran is asked."""
    command = click.option("--local", is_flag=True, help="Ask the local Fivetran, which `serve` starts.")(command)
    return click.option(
        "--api-url", metavar="URL", help="Ask the Fivetran there.  [env: FIVETRAN_API_URL; default: the real one]"
    )(command)


def as_json(command: _Command) -> _Command:
    """Add the option that prints what the API said."""
    return click.option("--json", "data", is_flag=True, help="Print what Fivetran's API says, as JSON.")(command)


@contextmanager
def opened(api_url: str | None, local: bool) -> Iterator["FivetranApi"]:  # noqa: FBT001  # as click passes it
    """Open a session with the Fivetran that the words name."""
    from fivetran_tools.fivetran_api import FivetranApi, address_of, credentials_for
    from fivetran_tools.project import Project

    address = address_of(api_url, local=local)
    with FivetranApi(address, credentials_for(address, Project.here().root), announce) as api:
        yield api


@contextmanager
def opened_at(
    connection: str,
    api_url: str | None,
    local: bool,  # noqa: FBT001  # as click passes it
) -> Iterator[tuple["FivetranApi", "Connection"]]:
    """Open a session, and find the connection that the words name."""
    from fivetran_tools.connections.finding import find

    with opened(api_url, local) as api:
        yield api, find(api, connection)


def announce(text: str) -> None:
    """Print a step on standard error."""
    click.echo(one_line(text), err=True)


def print_json(document: object) -> None:
    """Print what the API said; it masks secrets itself."""
    from fivetran_tools.connections.json_text import json_text

    click.echo(json_text(document))


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that is not undone; without a terminal only `--yes` is an answer.

    Raises:
        UsageError: nobody is there to be asked.
        click.Abort: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked: pass --yes")
    click.confirm(question, abort=True, err=True)
