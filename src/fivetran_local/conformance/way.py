"""Where a sync that begins in the middle comes to the way of the one that began at the beginning."""

from collections.abc import Sequence

from fivetran_local.conformance.effects import Columns, effect_of
from fivetran_local.conformance.states import same_but_for_tokens
from fivetran_local.json_text import canonical
from fivetran_protocol import FunctionResponse


class Way:
    """The pages of a whole sync, in order, for those that go on from one of their states.

    Args:
        pages: What the sync got.
        unstable: Columns that differ at every call, so that rows are the same without them.
    """

    def __init__(self, pages: Sequence[FunctionResponse], unstable: Columns = ()) -> None:
        self._pages = pages
        self._unstable = unstable
        self._ends = [_end(page) for page in pages]
        self._places = {end: place for place, end in reversed(list(enumerate(self._ends)))}

    def met_at(self, page: FunctionResponse, place: int) -> int | None:
        """Return the place of the page from which on the rest is known; None where it is not.

        That is where state and hasMore are the same, at whatever place. States of opaque tokens never are, if the
        source writes them anew: there the page has to come at the same place, with the same rows.

        Args:
            page: What the walk got.
            place: Where the sync got its page at this step.
        """
        end = _end(page)
        if place < len(self._pages):
            there = self._pages[place]
            if self._ends[place] == end or (self._is_like(page, there) and self._has_rows_of(page, there)):
                return place
        return self._places.get(end)

    def _is_like(self, page: FunctionResponse, there: FunctionResponse) -> bool:
        return page.has_more == there.has_more and same_but_for_tokens(dict(page.state), dict(there.state))

    def _has_rows_of(self, page: FunctionResponse, there: FunctionResponse) -> bool:
        return not effect_of([there], self._unstable).difference(effect_of([page], self._unstable))


def _end(page: FunctionResponse) -> tuple[str, bool]:
    return canonical(dict(page.state)), page.has_more
