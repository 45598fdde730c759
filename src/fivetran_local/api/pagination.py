"""Pages of a list. A cursor says after which item its page begins, so that it outlives changes and restarts."""

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import Depends, Query

from fivetran_local.errors import InvalidInputError

MOST_ITEMS: Final = 1000
USUAL_ITEMS: Final = 100

Key = tuple[str, str]
"""What a list is in the order of: when an item was made, and its id."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Page:
    """What was asked for."""

    limit: int = USUAL_ITEMS
    cursor: str = ""

    def of(
        self, name: str, items: Iterable[_Item], key: Callable[[_Item], Key], shown: Callable[[_Item], object]
    ) -> dict[str, Any]:
        """Return this page of a list, as `data` has it; `next_cursor` only where there is more.

        Args:
            name: the list's; a cursor of one list is none of another.
            items: all of them, in any order.
            key: an item's place in the order.
            shown: an item as it is answered.

        Raises:
            InvalidInputError: the cursor is none of this list's.
        """
        after = _read(name, self.cursor) if self.cursor else ("", "")
        found = nsmallest(self.limit + 1, (item for item in items if key(item) > after), key)
        page = found[: self.limit]
        data: dict[str, Any] = {"items": [shown(item) for item in page]}
        if len(found) > len(page):
            data["next_cursor"] = _written(name, key(page[-1]))
        return data


async def _page_of(limit: Annotated[str | None, Query()] = None, cursor: Annotated[str | None, Query()] = None) -> Page:
    if limit is None:
        return Page(cursor=cursor or "")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= MOST_ITEMS):
        raise InvalidInputError(f"limit: expected a whole number from 1 to {MOST_ITEMS}")
    return Page(int(limit), cursor or "")


Paged = Annotated[Page, Depends(_page_of)]
"""A handler's parameter: the page that was asked for."""


def order(made_at: datetime | None, identity: str) -> Key:
    """Return the place of what was made at a time."""
    return (stamp(made_at) if made_at else "0", identity)


def stamp(at: datetime) -> str:
    """Return a time as answers have it: UTC, with microseconds and a Z."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _written(name: str, key: Key) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([name, *key])).decode().rstrip("=")


def _read(name: str, cursor: str) -> Key:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        content = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        content = None
    if not (isinstance(content, list) and len(content) == 3 and all(isinstance(part, str) for part in content)):
        raise InvalidInputError("cursor: it is none that an answer of this API gave")
    if content[0] != name:
        raise InvalidInputError(f"cursor: it belongs to another list than {name}")
    return content[1], content[2]
