"""A service, and the fields of its form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldKind(StrEnum):
    """What a field of a form holds, and so how it is asked for and shown."""

    TEXT = "text"
    URL = "url"
    PASSWORD = "password"  # noqa: S105  # the word for a kind of field
    PAIRS = "pairs"
    """A list of {"key": ..., "value": ...}."""
    SECRET_PAIRS = "secret_pairs"  # noqa: S105  # as above
    """The same, whose values nobody sees again."""

    @property
    def is_secret(self) -> bool:
        """Whether what was entered is never shown."""
        return self in (FieldKind.PASSWORD, FieldKind.SECRET_PAIRS)

    @property
    def is_list(self) -> bool:
        """Whether it holds pairs instead of one text."""
        return self in (FieldKind.PAIRS, FieldKind.SECRET_PAIRS)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a service's form."""

    key: str
    """Its name in a connection's `config`."""
    label: str
    kind: FieldKind
    required: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service of `services.yaml`."""

    key: str
    """What Fivetran's API calls it."""
    name: str
    color: str
    """`#rrggbb`"""
    internal: bool
    """Not offered on the page; the command takes it."""
    requires_schema_prefix: bool
    """Its connections write into several schemas, whose names begin alike: `schema_prefix` stands for `schema`."""
    category: str
    static_config: Mapping[str, object] = field(default_factory=dict)
    """Part of every connection's `config`, and not asked for."""
    fields: tuple[Field, ...] = ()
    why_not: str = ""
    """Why the local Fivetran has no connections of it; empty where it has."""

    @property
    def runs_here(self) -> bool:
        """Whether the local Fivetran has connections of it."""
        return not self.why_not

    @property
    def schema_key(self) -> str:
        """The key of `config` that holds the connection's name in the destination."""
        return "schema_prefix" if self.requires_schema_prefix else "schema"

    def config(self, schema: str, values: Mapping[str, object]) -> dict[str, object]:
        """Return a connection's `config`: what is the same for all, its name, and what was entered."""
        return {**self.static_config, self.schema_key: schema, **values}
