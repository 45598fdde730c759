"""How a body is compressed on its way: what the recorder lets a source use, and how it is read."""

import zlib
from typing import Final

_GZIP: Final = frozenset({"gzip", "x-gzip"})
_READABLE: Final = _GZIP | {"deflate"}


def readable_only(accepted: str) -> str:
    """Return an Accept-Encoding without what could not be read here, and so not be masked."""
    codings = [one.strip() for one in accepted.split(",")]
    kept = [one for one in codings if one.partition(";")[0].strip().lower() in _READABLE | {"identity"}]
    return accepted if len(kept) == len(codings) else ", ".join(kept) or "identity"


def is_readable(encoding: str) -> bool:
    """Tell whether a Content-Encoding is one that `decompressed` reads."""
    return encoding.strip().lower() in _READABLE


def decompressed(body: bytes, encoding: str, most: int) -> bytes | None:
    """Return what was compressed, as far as it goes; None where it is damaged.

    Args:
        body: What came, perhaps cut off.
        encoding: One that is readable.
        most: What to return at most, in bytes; one byte more says that there is more.
    """
    plain = _inflated(body, zlib.MAX_WBITS | 32, most)  # gzip or zlib, by what its first bytes say
    if plain is None and encoding.strip().lower() not in _GZIP:
        return _inflated(body, -zlib.MAX_WBITS, most)  # what some servers call deflate
    return plain


def _inflated(body: bytes, format_bits: int, most: int) -> bytes | None:
    plain = bytearray()
    try:
        while body and len(plain) <= most:
            stream = zlib.decompressobj(wbits=format_bits)
            plain += stream.decompress(body, most + 1 - len(plain))
            if not stream.eof or not stream.unused_data.startswith(b"\x1f\x8b"):  # else another part of the same body
                break
            body = stream.unused_data
    except zlib.error:
        return None
    return bytes(plain)
