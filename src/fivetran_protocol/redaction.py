"""Taking secret values out of texts: error reports, stack traces, log lines, whatever somebody may read."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import quote, quote_plus

from fivetran_protocol.json_types import Json

MASK: Final = "[secret]"
_SHORTEST_LINE: Final = 8


class Redactor:
    """Replaces secret values, in every form a library is likely to print them in, by a mask."""

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
    forms = {form for value in values if value for form in _forms(value)}
    # Longest first: a secret that is the beginning of another must not leave the other's end behind.
    return re.compile("|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))) if forms else None


def _forms(value: str) -> set[str]:
    raw = value.encode("utf-8", "surrogatepass")
    forms = {value, repr(value)[1:-1], quote(raw, safe=""), quote(raw), quote_plus(raw)}
    forms |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(raw).decode()
        forms |= {encoded, encoded.rstrip("=")}
    # A stack trace prints the lines of a private key one by one.
    forms |= {line for line in value.splitlines() if len(line) >= _SHORTEST_LINE}
    return forms
