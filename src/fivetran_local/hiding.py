"""Which of a connection's settings are secret, as seen from Fivetran's side, where it is not always known."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from fivetran_protocol import MASK, Json, secret_values

_SHORTEST_SECRET: Final = 8


def hidden_keys(secrets: Mapping[str, Json], public_keys: Collection[str] | None) -> list[str]:
    """Return the settings to keep out of every text.

    A connector of our own runtime declares which are public. Of any other function it is not known (`public_keys` is
    None): then every text counts that is at least eight characters long and neither a number, a boolean nor an address.
    """
    if public_keys is not None:
        return [key for key in secrets if key not in public_keys]
    return [key for key, value in secrets.items() if any(map(looks_secret, secret_values(value)))]


def hidden_values(secrets: Mapping[str, Json], public_keys: Collection[str] | None) -> list[str]:
    """Return the texts to keep out of everything, for a `Redactor`."""
    hidden = secret_values({key: secrets[key] for key in hidden_keys(secrets, public_keys)})
    return hidden if public_keys is not None else [value for value in hidden if looks_secret(value)]


def mask_settings(secrets: Mapping[str, Json], public_keys: Collection[str] | None) -> dict[str, Json]:
    """Return the settings with a mask in place of each that is secret."""
    hidden = set(hidden_keys(secrets, public_keys))
    return {key: MASK if key in hidden else value for key, value in secrets.items()}


def looks_secret(value: str) -> bool:
    """Tell whether a setting of an unknown function is worth masking: short ones would hide every failure's text."""
    return len(value) >= _SHORTEST_SECRET and not value.isdigit() and not re.match(r"https?://[^@]*$", value)
