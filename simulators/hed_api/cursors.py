"""Cursors: a position in the order of change, sealed so that nobody can read or make one.

A cursor is a Fernet token whose key derives from the seed, so that it outlives the process. As on the live API it is
handed out percent-encoded ("gAAAAAB...ZA%3D%3D"). A client that puts it into an address as it is has it decoded on the
way; one that encodes it first, as HTTP clients do, sends it whole. Both are understood.
"""

from base64 import urlsafe_b64encode
from hashlib import blake2b
from urllib.parse import quote, unquote

from cryptography.fernet import Fernet, InvalidToken


class InvalidCursorError(ValueError):
    """A cursor that was not made with this seed."""


class Cursors:
    """Makes and opens the cursors of one seed."""

    def __init__(self, seed: int) -> None:
        key = blake2b(str(seed).encode(), digest_size=32, person=b"hed cursors").digest()
        self._fernet = Fernet(urlsafe_b64encode(key))

    def seal(self, position: int) -> str:
        """Make a cursor for a position. Two for the same position differ, since a token carries its time and a salt."""
        return quote(self._fernet.encrypt(b"%d" % position).decode(), safe="")

    def open(self, cursor: str) -> int:
        """Give the position that a cursor stands for, whether or not it is still percent-encoded.

        Raises:
            InvalidCursorError: it is no cursor of this seed.
        """
        try:
            return int(self._fernet.decrypt(unquote(cursor).encode()))
        except InvalidToken as error:
            raise InvalidCursorError("the cursor is not one of this API's") from error


def as_handed_out(cursor: str) -> str:
    """Give a cursor as `seal` made it, however a client encoded it."""
    return quote(unquote(cursor), safe="")
