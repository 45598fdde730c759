"""Taking a connection's secrets out of whatever of it is kept in a file."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from fivetran_local.function import decode
from fivetran_local.hiding import hidden_values, mask_settings
from fivetran_local.json_text import indented
from fivetran_protocol import MASK, Json, Redactor

_SHORTEST_IN_NAMES: Final = 8
"""Shorter secrets are not looked for in numbers and in names: one that is "a" would leave no field its name."""


_ESCAPED_SPACE: Final = re.compile(r"[\v\f\x1c-\x1f]")
"""Beside the end of a line a `Redactor` does not know these by the escapes of JSON."""


class Masking:
    """What must not be written, and what is written in its place.

    Args:
        public_keys: The settings that are no secret; None where it is not known which.
        hidden: Texts to keep out, besides those that `including` adds.
        addresses: For each address that stood in for another while the function was called, that other.
    """

    def __init__(
        self,
        public_keys: Collection[str] | None = None,
        hidden: Iterable[str] = (),
        addresses: Mapping[str, str] | None = None,
    ) -> None:
        self._public_keys = public_keys
        self._hidden = frozenset(hidden)
        self._addresses = dict(addresses or {})
        self._redact = Redactor(self._hidden)
        self._found_in_json = not any(map(_ESCAPED_SPACE.search, self._hidden))
        self._redact_names = Redactor(text for text in self._hidden if len(text) >= _SHORTEST_IN_NAMES)

    def including(self, settings: Json, more: Iterable[str] = ()) -> "Masking":
        """Return one that hides the secrets among these settings, and these texts, as well."""
        found = hidden_values(settings, self._public_keys) if isinstance(settings, dict) else []
        return Masking(self._public_keys, self._hidden.union(found, more), self._addresses)

    def settings(self, settings: Json) -> Json:
        """Return a request's `secrets` with a mask in place of each that is secret."""
        if isinstance(settings, dict):
            return mask_settings(settings, self._public_keys)
        return MASK if settings else settings

    def encode(self, document: Json) -> bytes:
        """Write a document as indented JSON, without the secrets and with the addresses that were meant."""
        text = indented(document).decode()
        for standing_in, meant in self._addresses.items():
            text = re.sub(rf"{re.escape(standing_in)}(?!\d)", lambda _, meant=meant: meant, text)  # type: ignore[misc]
        if self._found_in_json and self._redact(text) == text:  # much quicker than a search in each of its values
            return text.encode()
        return indented(self._masked(decode(text.encode())))

    def binary(self, content: bytes) -> bytes:
        """Return bytes that are no text without the secrets."""
        forms = {form for text in self._hidden for form in (text, text.encode().decode("latin-1"))}
        return Redactor(forms)(content.decode("latin-1")).encode("latin-1") if forms else content

    def _masked(self, value: object) -> Json:
        if isinstance(value, str):
            return value if value == MASK else self._redact(value)
        if isinstance(value, dict):
            return {self._redact_names(key): self._masked(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._masked(inner) for inner in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            digits = str(value)
            masked = self._redact_names(digits)
            return value if masked == digits else masked
        return None if value is None else bool(value)
