"""Masking of a destination's configuration, whose fields are not ours to know: a field is secret by its name."""

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Final

from fivetran_local.function_config import MASKED
from fivetran_local.hiding import names_a_secret

_WAYS: Final = re.compile(r"(^|_)auth(_type|_method)?\Z|^is_|^public_key\Z")
"""Names that sound secret and say how something is done."""


def masked(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration as answers show it."""
    return {name: MASKED if _is_secret(name) and value else _masked_value(value) for name, value in config.items()}


def unmasked(config: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration that was sent, with the values so far where it holds masks."""
    return {name: _unmasked_value(value, before.get(name)) for name, value in config.items()}


def _unmasked_value(value: object, old: object) -> object:
    if value == MASKED:
        return old if old is not None else ""
    if isinstance(value, Mapping):
        return unmasked(value, old if isinstance(old, Mapping) else {})
    if isinstance(value, list):  # its items are told apart by their places alone
        items = old if isinstance(old, list) else []
        return [_unmasked_value(item, was) for item, was in zip_longest(value, items[: len(value)])]
    return value


def _masked_value(value: object) -> object:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list):
        return [_masked_value(item) for item in value]
    return value


def _is_secret(name: str) -> bool:
    return names_a_secret(name) and not _WAYS.search(name)
