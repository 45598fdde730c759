"""A connection's settings in the forms that a check needs: wrong, unreachable, and as old connections have them."""

import secrets as randomness
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from fivetran_local.hiding import hidden_keys, is_address, with_parts_replaced
from fivetran_protocol import Json

Settings = Mapping[str, Json]


def canary() -> str:
    """Return a wrong secret that nobody can have by chance, and that looks different in every encoding."""
    return f'canary-{randomness.token_hex(8)}"a\\b/c+d&e=f%g'


def with_wrong_secrets(settings: Settings, public_keys: Collection[str] | None) -> dict[str, Json] | None:
    """Return the settings with a canary for each secret; None where none is secret.

    Of an address that is not said to be secret only the parts that look so are wrong: it leads to the source still.
    """
    hidden = hidden_keys(settings, public_keys)
    by_looks = public_keys is None
    return {**settings, **{key: _wrong(settings[key], by_looks=by_looks) for key in hidden}} if hidden else None


def with_source_at(settings: Settings, address: str) -> dict[str, Json] | None:
    """Return the settings with another address in place of each address; None where none is one."""
    keys = [key for key, value in settings.items() if is_address(value)]
    return {**settings, **dict.fromkeys(keys, address)} if keys else None


def as_json_text(settings: Settings, public_keys: Collection[str] | None) -> dict[str, Json]:
    """Return the settings as an old connection has them: typed, and with nested objects among them."""
    hidden = set(hidden_keys(settings, public_keys))
    typed = {key: value if key in hidden else _typed(value) for key, value in settings.items()}
    return {**typed, "_nested": {"numbers": [1, 2.5], "flag": True, "nothing": None}}


@contextmanager
def dead_address() -> Iterator[str]:
    """Yield an address of this machine where nothing answers, and keep it so."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # never listening: every connection is refused at once
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def _wrong(value: Json, *, by_looks: bool) -> Json:
    if by_looks and isinstance(value, str) and is_address(value):
        return with_parts_replaced(value, lambda _: quote(canary(), safe=""))
    return canary()


def _typed(value: Json) -> Json:
    if isinstance(value, str):
        if value in {"true", "false"}:
            return value == "true"
        if value.isascii() and value.isdigit():
            return int(value)
    return value
