"""Records as CSV that a spreadsheet opens without running any of it."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a formula of a cell's text; the last four are the wide forms of the first four."""


@dataclass(frozen=True, slots=True)
class File:
    """A CSV file, and how many records are in it."""

    content: bytes
    records: int


def as_csv(header: Sequence[str], records: Iterable[Sequence[object]], most_bytes: int | None = None) -> File:
    """Return UTF-8 with a byte order mark, which spreadsheets need to see that it is UTF-8; lines end in CR LF.

    A text that a spreadsheet would compute gets an apostrophe in front. Times are written in UTC.

    Args:
        header: The first line.
        records: The others; None is an empty cell.
        most_bytes: The file ends with the record that reaches this size. None: it may be of any size.
    """
    content = io.BytesIO()
    text = io.TextIOWrapper(content, encoding="utf-8-sig", errors="replace", newline="", write_through=True)
    lines = csv.writer(text)
    lines.writerow([_harmless(name) for name in header])
    count = 0
    for record in records:
        if most_bytes is not None and content.tell() >= most_bytes:
            break
        lines.writerow([_written(value) for value in record])
        count += 1
    return File(content.getvalue(), count)


def _written(value: object) -> object:
    match value:
        case str():
            return _harmless(value)
        case bool():
            return "true" if value else "false"
        case datetime():
            return (value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value).isoformat(" ")
    return value


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_BEGINNINGS) else text
