"""The state that a connection's next sync goes on from: read, kept in a file, replaced."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any, Final

from fivetran_local.json_text import canonical
from fivetran_protocol import kind_of
from fivetran_tools.connections.json_text import json_text
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.fivetran_api import Connection, FivetranApi, FivetranApiError
from fivetran_tools.printable import printable

MOST_BYTES: Final = 16 * 1024 * 1024
PAUSE_SECONDS: Final = 600.0
"""How long a sync that runs may take to end after its connection was paused."""

_LONGEST_VALUE: Final = 60


def read_state(source: str) -> dict[str, Any]:
    """Return the JSON object in a file, or on standard input for "-".

    Raises:
        UsageError: it cannot be read, or holds anything else.
    """
    where = "standard input" if source == "-" else source
    try:
        if source == "-":
            text = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(source).open("rb") as file:
                text = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        message = f"cannot read {where}: {getattr(error, 'strerror', None) or error}"
        raise UsageError(message) from None
    if len(text) > MOST_BYTES:
        message = f"{where} is larger than {MOST_BYTES:,} bytes: is it the right file?"
        raise UsageError(message)
    try:
        state = json.loads(text, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        message = f"{where}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        raise UsageError(message) from None
    except (ValueError, RecursionError) as error:
        why = "nested too deep" if isinstance(error, RecursionError) else str(error)
        message = f"{where} is no JSON that Fivetran reads: {why}"
        raise UsageError(message) from None
    if not isinstance(state, dict):
        message = f"{where} holds {kind_of(state)}, expected a state: one JSON object"
        raise UsageError(message)
    return state


def _no_constant(name: str) -> object:
    message = f"{name} is no value of JSON"
    raise ValueError(message)


def _finite(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        message = f"{text[:20]} is larger than a number may be"
        raise ValueError(message)
    return number


def as_text(state: Mapping[str, Any]) -> str:
    """Return a state as it is written into a file."""
    return json_text(state) + "\n"


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return a line for each key at the top of a state that changes."""
    lines = []
    for key in [*old, *(key for key in new if key not in old)]:
        name = printable(key)
        if key not in new:
            lines.append(f"- {name}: {_short(old[key])}")
        elif key not in old:
            lines.append(f"+ {name}: {_short(new[key])}")
        elif canonical(old[key]) != canonical(new[key]):
            lines.append(f"~ {name}: {_short(old[key])} -> {_short(new[key])}")
    return lines


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return printable(text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 3]}...")


def set_state(api: FivetranApi, connection: Connection, state: Mapping[str, Any]) -> None:
    """Replace a connection's state.

    Raises:
        CommandError: Fivetran refuses, as it does while a sync runs.
    """
    try:
        api.set_state(connection.id, state)
    except FivetranApiError as error:
        if error.status != 409:
            raise
        pause = api.address.command(f"pause {connection.id}")
        text = f"{error}; pause it first: {pause}, or let --pause pause it, set the state, and unpause it"
        raise FivetranApiError(text, status=error.status, code=error.code, message=error.message) from None


@contextmanager
def paused(api: FivetranApi, connection: Connection, announce: Callable[[str], object]) -> Iterator[None]:
    """Pause a connection for the block, waiting for the sync that runs to end; let it sync again if it did before.

    Raises:
        CommandError: Fivetran refuses, or the sync does not end.
    """
    if not connection.paused:
        api.set_paused(connection.id, paused=True)
        announce(f"{connection.schema_name} is paused")
    try:
        _wait_for_quiet(api, connection, announce)
        yield
    finally:
        if not connection.paused:
            api.set_paused(connection.id, paused=False)
            announce(f"{connection.schema_name} is no longer paused")


def _wait_for_quiet(api: FivetranApi, connection: Connection, announce: Callable[[str], object]) -> None:
    pause = 0.2 if api.address.is_local else 5.0
    until = time.monotonic() + PAUSE_SECONDS
    if api.connection(connection.id).is_syncing:
        announce("waiting for the sync that runs to end")
        while api.connection(connection.id).is_syncing:
            if time.monotonic() > until:
                message = f"the sync of {connection.schema_name} has not ended within {PAUSE_SECONDS:.0f} s: try later"
                raise CommandError(message)
            time.sleep(pause)
