"""Keys that are known by the name before them: of a header, of an address's parameter, of a field in JSON.

A function may authenticate with what it has from nowhere in its settings: a token that its source handed out, say.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from fivetran_protocol import MASK

_SHORTEST_KEY: Final = 8
"""Shorter ones are not looked for: they would be found in harmless words."""
_MOST_IN_AN_ANSWER: Final = 3
"""Of one name; a field with more values is a column of rows, and rows are not masked."""
_PAGING: Final = (
    "change", "continuation", "continue", "cursor", "delta", "next", "page", "paging", "pagination", "prev", "previous",
    "resume", "scroll", "skip", "start", "sync",
)  # fmt: skip
_KEY: Final = re.compile(
    r"(?:.*_)?(?:"
    r"(?:access|account|api|app|application|auth|client|consumer|encryption|master|private|secret|service|shared|"
    r"signing|subscription)_?key(?:_?id)?"
    r"|(?:access|api|auth|bearer|csrf|id|jwt|refresh|sas|security|session|xsrf)_?token"
    rf"|{''.join(f'(?<!{word}_)' for word in _PAGING)}token"
    r"|auth|authorization|bearer|cookies?|credentials?|(?:auth|authorization)_code|jwt|passphrase|passwd|password|pwd"
    r"|(?:client|api|app|shared)?_?secret|sas|session_?(?:id|key)|set_cookie|sid|sig|signature"
    r")|x_.*_key|key|code|session"
)
_ORDINARY_IN_DATA: Final = frozenset({"auth", "code", "key", "session", "sid"})
"""In an address or a header a key; in a source's rows a course's code as likely."""
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_]+")
_PARAMETER: Final = re.compile(r"(?<=[?&#;])([\w.~%\[\]-]{1,64})=([^&#;\s<>\"'\\]+)")
_FIELD: Final = re.compile(r'"([\w.:@-]{1,64})"\s*:\s*"((?:[^"\\\s]|\\.){8,})"')


@lru_cache(maxsize=4096)
def carries_a_key(name: str) -> bool:
    """Tell whether a header, a parameter or a field holds a key, by its name, however it is spelled."""
    words = "_".join(_WORDS.findall(name)).lower()
    return _KEY.fullmatch(words) is not None


def masked_url(url: str) -> str:
    """Return an address, or a text with addresses, without the values of parameters that hold a key by their name."""
    return _PARAMETER.sub(lambda found: f"{found[1]}={MASK}" if carries_a_key(unquote(found[1])) else found[0], url)


def keys_in_url(url: str) -> Iterator[str]:
    """Yield the keys in the parameters of an address, as they stand there and decoded."""
    for name, value in _PARAMETER.findall(url):
        if _is_a_key_anywhere(unquote(name)):
            yield from _worth_looking_for((value, unquote(value)))


def keys_in_header(name: str, value: str) -> Iterator[str]:
    """Yield the keys in a header: its value, the last word of it, and what a cookie holds."""
    if carries_a_key(name):
        cookies = (pair.partition("=")[2].strip() for pair in value.split(";"))
        yield from _worth_looking_for((value, value.rpartition(" ")[2], *cookies))


def keys_in_body(text: str) -> Iterator[str]:
    """Yield the keys that a source's JSON hands out, in fields and in addresses; the JSON may be cut off.

    What comes again and again with other values stays: it is a column of the source's rows.
    """
    values: dict[str, set[str]] = {}
    for name, value in (*_FIELD.findall(text), *_PARAMETER.findall(text)):
        if _is_a_key_anywhere(unquote(name)):
            values.setdefault(name, set()).add(value)
    for found in values.values():
        if len(found) <= _MOST_IN_AN_ANSWER:
            for value in found:
                yield from _worth_looking_for((value, _unescaped(value), unquote(value)))


def _is_a_key_anywhere(name: str) -> bool:
    return carries_a_key(name) and name.lower() not in _ORDINARY_IN_DATA


def _worth_looking_for(texts: Iterable[str]) -> set[str]:
    return {text for text in texts if len(text) >= _SHORTEST_KEY and MASK not in text}


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"', strict=False))
    except ValueError:
        return value
