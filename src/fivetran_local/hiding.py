"""Which of a connection's settings are secret, as seen from Fivetran's side, where it is not always known."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, time
from typing import Final
from urllib.parse import unquote

from fivetran_protocol import MASK, Json, secret_values

_SHORTEST_SECRET: Final = 8
_LONGEST_COUNT: Final = 11
"""Digits in a row; more of them are a key or a card's number rather than how many of something."""
_ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)
_PARTS_OF_AN_ADDRESS: Final = re.compile(r"(\w+://)(?:([^/?#]*)@)?([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
_NUMBER: Final = re.compile(rf"[+-]?\d{{1,{_LONGEST_COUNT}}}([.,]\d*)?")
_WORD: Final = r"(?:[A-Z]?[a-z]{1,14}|[A-Z]{1,15})"
_WORDS: Final = re.compile(rf"{_WORD}(?:[-_./ ](?:{_WORD}|\d{{1,4}}))*")
_LONGEST_WORDS: Final = 24
_PART_OF_A_PATH: Final = re.compile(r"[\w~%=+-]{16,}")
_WORDS_OF_A_NAME: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_NAMES_OF_SECRETS: Final = frozenset(
    {"auth", "authorization", "bearer", "cookie", "credential", "credentials", "jwt", "key", "passphrase", "password",
     "passwd", "pat", "pin", "private", "pwd", "sas", "secret", "session", "sig", "signature", "token"}
)  # fmt: skip
_ENDS_OF_NAMES: Final = ("key", "password", "secret", "token")


def hidden_keys(secrets: Mapping[str, Json], public_keys: Collection[str] | None) -> list[str]:
    """Return the settings to keep out of every text.

    A connector of our own runtime declares which are public. Of any other function it is not known (`public_keys` is
    None): then those count that look secret by their text or by their name, an address by the parts of it that do.
    """
    if public_keys is not None:
        return [key for key in secrets if key not in public_keys]
    return [key for key, value in secrets.items() if _masked(key, value) != value]


def hidden_values(secrets: Mapping[str, Json], public_keys: Collection[str] | None) -> list[str]:
    """Return the texts to keep out of everything, for a `Redactor`."""
    if public_keys is not None:
        return secret_values({key: value for key, value in secrets.items() if key not in public_keys})
    return [text for key, value in secrets.items() for text in _secret_texts(key, value)]


def mask_settings(secrets: Mapping[str, Json], public_keys: Collection[str] | None) -> dict[str, Json]:
    """Return the settings with a mask in place of each that is secret; an address keeps its origin, where it may."""
    if public_keys is not None:
        return {key: value if key in public_keys else MASK for key, value in secrets.items()}
    return {key: _masked(key, value) for key, value in secrets.items()}


def public_but_for_looks(public_keys: Collection[str], *connections: Mapping[str, Json]) -> frozenset[str] | None:
    """Return which settings are public where some were named: those, and all that do not look secret.

    None where none were named, and looks alone decide.
    """
    if not public_keys:
        return None
    secret = {key for secrets in connections for key in hidden_keys(secrets, None)}
    return frozenset(public_keys) | {key for secrets in connections for key in secrets if key not in secret}


def looks_secret(value: str, key: str = "") -> bool:
    """Tell whether a setting of an unknown function is worth masking: short ones would hide every failure's text.

    Numbers, dates, times, and plain words like "us-east-1" are not, unless the setting's name says otherwise.
    """
    if is_address(value):
        return with_parts_replaced(value, lambda _: MASK) != value
    if len(value) < _SHORTEST_SECRET:
        return False
    return names_a_secret(key) or not (_NUMBER.fullmatch(value) or _is_time(value) or _is_words(value))


def names_a_secret(key: str) -> bool:
    """Tell whether a name says that it holds a secret: "api_key", "clientSecret", "X-Auth-Token"."""
    words = {word.lower() for word in _WORDS_OF_A_NAME.findall(key)}
    return any(word in _NAMES_OF_SECRETS or word.endswith(_ENDS_OF_NAMES) for word in words)


def is_address(value: Json) -> bool:
    """Tell whether a setting is the address of something."""
    return isinstance(value, str) and _ADDRESS.match(value) is not None


def with_parts_replaced(address: str, replace: Callable[[str], str]) -> str:
    """Return an address with something else in place of its secret parts: user, keys in its path and its query."""
    parts = _PARTS_OF_AN_ADDRESS.fullmatch(address)
    if parts is None:
        return replace(address)
    scheme, user, host, path, query, fragment = parts.groups()
    before_the_host = "" if user is None else f"{replace(user)}@"
    path = "/".join(replace(part) if _is_token(part) else part for part in path.split("/"))
    after_the_path = "".join(text[0] + _parameters_replaced(text[1:], replace) for text in (query, fragment) if text)
    return f"{scheme}{before_the_host}{host}{path}{after_the_path}"


def _parameters_replaced(query: str, replace: Callable[[str], str]) -> str:
    replaced = []
    for parameter in query.split("&"):
        name, equals, value = parameter.partition("=")
        secret = looks_secret(unquote(value), name) if equals else looks_secret(unquote(name))
        replaced.append(f"{name}={replace(value)}" if secret and equals else replace(name) if secret else parameter)
    return "&".join(replaced)


def _masked(key: str, value: Json) -> Json:
    if isinstance(value, str) and is_address(value):
        return with_parts_replaced(value, lambda _: MASK)
    return MASK if any(_secret_texts(key, value)) else value


def _secret_texts(key: str, value: Json) -> Iterator[str]:
    """Yield the texts in a setting that look secret, however deep; the names on the way to one count as its own."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _secret_texts(f"{key}.{name}", inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_texts(key, inner)
    elif isinstance(value, str) and is_address(value):
        yield from (text for part in _parts(value) for text in dict.fromkeys((part, unquote(part))))
    else:
        yield from (text for text in secret_values(value) if looks_secret(text, key))


def _parts(address: str) -> Iterator[str]:
    """Yield the secret parts of an address that are long enough to be looked for."""
    found: list[str] = []

    def note(part: str) -> str:
        found.append(part)
        return part

    with_parts_replaced(address, note)
    for part in found:
        password = part.partition(":")[2]
        yield from (text for text in (part, password) if len(text) >= _SHORTEST_SECRET)


def _is_token(part: str) -> bool:
    return bool(_PART_OF_A_PATH.fullmatch(part)) and not (part.isdigit() or _WORDS.fullmatch(part))


def _is_words(value: str) -> bool:
    return len(value) <= _LONGEST_WORDS and bool(_WORDS.fullmatch(value))


def _is_time(value: str) -> bool:
    for read in (datetime.fromisoformat, time.fromisoformat):
        try:
            read(value)
        except ValueError:
            continue
        return not value.isdigit()
    return False
