"""Hashing the values of columns that somebody wants compared and joined, and never read."""

import hashlib
from collections.abc import Callable

from fivetran_local.cells import text_of
from fivetran_protocol import Json


def hasher(salt: bytes) -> Callable[[Json], str]:
    """Return what hashes a value: SHA-256, in hexadecimal, of the salt and of the value as a text column holds it.

    Equal values have equal hashes in every column, sync and process that share a salt; so 5, 5.0 and "5" have one.
    """
    salted = hashlib.sha256(salt)

    def hashed(value: Json) -> str:
        digest = salted.copy()
        # Half a surrogate pair, which UTF-8 cannot write, is hashed as the escape that it lands as.
        digest.update(text_of(value).encode("utf-8", "backslashreplace"))
        return digest.hexdigest()

    return hashed
