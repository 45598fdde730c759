"""Taking secret values out of texts: error reports, stack traces, log lines, whatever somebody may read."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final

from fivetran_protocol.json_types import Json

MASK: Final = "[secret]"
_SHORTEST_LINE: Final = 8
_SHORTEST_INSIDE_BASE64: Final = 6


class Redactor:
    """Replaces secret values, in every form a library is likely to print them in, by a mask.

    Those forms are: as it is, stripped of space around it, quoted for any part of a URL, escaped as in JSON, HTML or a
    Python literal, in base64 alone or within more (as `Authorization: Basic` has it), and the lines of a longer text.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._pattern = _pattern(frozenset(values))

    def __call__(self, text: str) -> str:
        """Return the text without the secrets."""
        return self._pattern.sub(MASK, text) if self._pattern else text


def secret_values(secrets: Json | Mapping[str, Json]) -> list[str]:
    """List the texts inside a secret, however deep: old connections may nest them in objects.

    Numbers and booleans of fewer than four characters are left out: they are no secrets, and masking every "1" would
    leave no message readable.
    """
    if isinstance(secrets, str):
        return [secrets] if secrets else []
    if isinstance(secrets, Mapping):
        return [text for value in secrets.values() for text in secret_values(value)]
    if isinstance(secrets, list):
        return [text for value in secrets for text in secret_values(value)]
    text = "" if secrets is None or isinstance(secrets, bool) else str(secrets)
    return [text] if len(text) >= 4 else []


@lru_cache(maxsize=64)
def _pattern(values: frozenset[str]) -> re.Pattern[str] | None:
    forms = {form for value in values for form in _forms(value)}
    # Longest first: a secret that is the beginning of another must not leave the other's end behind.
    patterns = [_escaped_anyhow(form) for form in sorted(forms, key=len, reverse=True)]
    return re.compile("|".join(patterns)) if patterns else None


def _forms(value: str) -> Iterator[str]:
    """Yield what to look for: the text as settings and headers take it, its lines, and its base64."""
    stripped = value.strip()
    for text in {value, stripped} if stripped else ():
        yield from _base64_forms(text.encode("utf-8", "surrogatepass"))
    # A stack trace prints the lines of a private key one by one.
    lines = [line.strip() for line in value.splitlines()]
    yield from (line for line in (stripped, *lines) if line and (line == stripped or len(line) >= _SHORTEST_LINE))


def _base64_forms(raw: bytes) -> Iterator[str]:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(raw).decode()
        yield encoded
        yield encoded.rstrip("=")
        if len(raw) >= _SHORTEST_INSIDE_BASE64:
            for before in range(3):
                # Within a longer text only the characters that hold nothing but bits of the secret are always the same.
                yield encode(b"\0" * before + raw).decode()[-(-before * 4 // 3) : (before + len(raw)) * 4 // 3]


_PARTS: Final = re.compile(r"[A-Za-z0-9]+|\\+|[ \t|]*[\r\n][ \t\r\n|]*|.", re.DOTALL)
_LINE_END: Final = r"(?:[\s|]|\\+[nrt]|%(?:25)*(?:0[ADad]|20|7[Cc])|\+)+"
_NAMED: Final = {"\t": r"\\*+t", "\b": r"\\*+b", "\f": r"\\*+f", "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def _escaped_anyhow(text: str) -> str:
    """Return the pattern of a text in which each character may be escaped in whatever way a library has."""
    return "".join(map(_part, _PARTS.findall(text)))


@cache
def _part(part: str) -> str:
    if part.isascii() and part.isalnum():
        return part
    if part.startswith("\\"):
        return rf"(?:\\{{{len(part)},}}+|(?:%(?:25)*5[Cc]){{{len(part)}}})"
    if "\n" in part or "\r" in part:
        return _LINE_END
    octets = part.encode("utf-8", "surrogatepass")
    units = part.encode("utf-16-be", "surrogatepass")
    escapes = [
        "".join(f"%(?:25)*{octet:02x}" for octet in octets),
        "".join(rf"\\*+x{octet:02x}" for octet in octets),
        "".join(rf"\\*+u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)),
        rf"\\*+U{ord(part):08x}",
        rf"\\*+x{ord(part):02x}",
        f"&#(?:{ord(part)}|x{ord(part):x});",
        *([_NAMED[part]] if part in _NAMED else []),
        *([r"\+"] if part == " " else []),
    ]
    # The character itself comes last: "%" is also how its own escape begins.
    return rf"(?:(?i:{'|'.join(escapes)})|\\*+{re.escape(part)})"
