"""The JSON values that requests and responses are made of."""

from collections.abc import Mapping
from typing import TypeAlias, Union

Json: TypeAlias = Union[bool, int, float, str, "list[Json]", "dict[str, Json]", None]
"""Any decoded JSON value."""

Row: TypeAlias = Mapping[str, Json]
"""One row: column name to value."""

State: TypeAlias = Mapping[str, Json]
"""Whatever a function needs to go on from where it was; Fivetran stores it and never looks inside."""


def kind_of(value: object) -> str:
    """Name the JSON type of a decoded value, for messages that must not show the value itself."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
    return f"a Python {type(value).__name__}"
