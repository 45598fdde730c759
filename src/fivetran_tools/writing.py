"""Writing a file whole or not at all."""

from contextlib import suppress
from pathlib import Path
from secrets import token_hex


def write_whole(file: Path, text: str) -> None:
    """Write a text as UTF-8 beside its place and move it there; a failure leaves what was there before, and no more.

    Raises:
        OSError: it cannot be written.
    """
    scratch = file.with_name(f".{token_hex(8)}")  # a name of its own length: the file's may be the longest there is
    try:
        with scratch.open("x", encoding="utf-8") as output:
            output.write(text)
        scratch.replace(file)
    except BaseException:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise
