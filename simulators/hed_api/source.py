"""The source behind the API: its rows, its cursors and its key, all from one seed."""

from dataclasses import dataclass
from hashlib import blake2b
from hmac import compare_digest

from simulators.hed_api.cursors import Cursors, InvalidCursorError, as_handed_out
from simulators.hed_api.history import History
from simulators.hed_api.records import Record


@dataclass(slots=True)
class Page:
    """What one request is answered with."""

    hed_records: list[Record]
    next_cursor: str | None
    has_more: bool


class Source:
    """One institution's records, as the API holds them."""

    def __init__(self, seed: int, rows: int, page_limit: int = 200) -> None:
        self.history = History(seed, rows)
        self.cursors = Cursors(seed)
        self.page_limit = page_limit
        """The most rows that one page may hold."""
        self.default_page_size = min(100, page_limit)
        self._seed = seed
        self._keys_made = 0
        self.api_key = self.rotate_key()

    def rotate_key(self) -> str:
        """Make the next key of this seed; the one before opens nothing any more."""
        name = f"{self._seed}/{self._keys_made}".encode()
        self.api_key = "hed_" + blake2b(name, digest_size=16, person=b"hed api key").hexdigest()
        self._keys_made += 1
        return self.api_key

    def admits(self, key: str | None) -> bool:
        """Tell whether a request's key is the right one."""
        return compare_digest((key or "").encode(), self.api_key.encode())

    def position(self, cursor: str | None) -> int:
        """Give the position that a request begins at; without a cursor, or with an empty one, the first.

        Raises:
            InvalidCursorError: the cursor is of another seed, or of more data than there is.
        """
        position = self.cursors.open(cursor) if cursor else 0
        if position > self.history.end:
            raise InvalidCursorError("the cursor lies past the end of the data: changes were lost in a restart")
        return position

    def page(self, cursor: str | None, page_size: int) -> Page:
        """Make the page that a cursor asks for. Where nothing is new, the cursor comes back as it was handed out.

        Raises:
            InvalidCursorError: see `position`.
        """
        found = self.history.read(self.position(cursor), page_size)
        if cursor and not found.records:
            return Page([], as_handed_out(cursor), has_more=False)
        return Page(found.records, self.cursors.seal(found.next_position), found.has_more)
