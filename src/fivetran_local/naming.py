"""Fivetran's naming: what a table or a column of the source is called in the warehouse.

Source: fivetran.com/docs/connector-sdk/troubleshooting/schema-table-name-normalization, the rules of the option that
the REST API calls FIVETRAN_NAMING. How capitals are split is documented by example only; runs of capitals are taken
as one word here ("HTTPServer" becomes "http_server").
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from anyascii import anyascii

BOOKKEEPING_SCHEMA: Final = "_fivetran_local"
"""Where the warehouse keeps states, syncs and what it knows of its tables."""

SYNCED: Final = "_fivetran_synced"
DELETED: Final = "_fivetran_deleted"
BATCH: Final = "_fivetran_batch"
INDEX: Final = "_fivetran_index"
SYSTEM_COLUMNS: Final = frozenset({SYNCED, DELETED, BATCH, INDEX, "_fivetran_id"})
"""Columns that Fivetran adds; a source cannot have one of its own under these names."""

MOST_CHARACTERS: Final = 63
_RESERVED_SCHEMAS: Final = frozenset({BOOKKEEPING_SCHEMA, "main", "information_schema", "pg_catalog", "temp", "system"})
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LEGAL_SCHEMA: Final = re.compile(r"[a-z_][a-z0-9_]*")


@lru_cache(maxsize=4096)
def column_name(source: str) -> str:
    """Name a column: "userId" becomes "user_id", "2nd Name" becomes "_2nd_name"; empty only for an empty name."""
    if not source:
        return ""
    plain = re.sub(r"[^A-Za-z0-9_]", "_", anyascii(source))
    name = re.sub(r"_+", "_", _CAMEL.sub("_", plain)).lower() or "_"
    return f"_{name}" if name[0].isdigit() else name


@lru_cache(maxsize=1024)
def table_name(source: str) -> str:
    """Name a table: as a column, but without a leading underscore where a letter follows it."""
    name = column_name(source)
    return name[1:] if re.match(r"_[a-z]", name) else name


def collisions(sources: Iterable[str], known: dict[str, str]) -> list[tuple[str, str]]:
    """Pair each column with one of another spelling that gets the same name.

    `known` maps names to the spelling they were first seen with, and takes up the new ones.
    """
    pairs = []
    for source in sources:
        first = known.setdefault(column_name(source), source)
        if first != source:
            pairs.append((first, source))
    return pairs


def connection_name_problem(name: str) -> str | None:
    """Say why a connection cannot be called so, in one clause; None when it can.

    Its name is the name of its schema: a-z, 0-9 and underscores, at most 63 of them (the shortest limit of a
    warehouse, PostgreSQL's), not starting with a digit, not one that the warehouse uses itself.
    """
    if len(name) > MOST_CHARACTERS:
        return f"the connection name {name[:20]!r}… has {len(name)} characters, and may have {MOST_CHARACTERS}"
    if not _LEGAL_SCHEMA.fullmatch(name):
        return f"the connection name {name!r} is not made of a-z, 0-9 and _ or starts with a digit"
    if name in _RESERVED_SCHEMAS:
        return f"the connection name {name!r} belongs to the warehouse itself"
    return None
