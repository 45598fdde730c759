"""The order of change: which row stands at which position, and how a row moves to the end when it changes.

Row i starts at position i; a changed row leaves its position for a new one at the end, an added row is given one
there. So a position that a reader has passed stays passed, and what changes later comes later. The rows at the start
take no memory; a change or an addition takes some 300 bytes. One thread at a time.
"""

from dataclasses import dataclass
from random import Random
from typing import Final

from simulators.hed_api.records import Record, Records

MOST_AT_ONCE: Final = 100_000
"""Rows that one call may change or add: what a call costs stays under a second."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows from one position on."""

    records: list[Record]
    next_position: int
    """Where the next slice begins."""
    has_more: bool
    """Whether a row stands at `next_position` or after it now."""


class History:
    """The rows of one seed in their order of change."""

    def __init__(self, seed: int, rows: int) -> None:
        self.rows = rows
        """How many rows there are."""
        self.changes = 0
        """How many changes were made since the start, additions not counted."""
        self.records = Records(seed)
        self._seed = seed
        self._at_start = rows
        self._later: list[tuple[int, int]] = []
        self._moved: dict[int, tuple[int, int]] = {}
        self._left: dict[int, int] = {}

    @property
    def end(self) -> int:
        """The position that the next change will take."""
        return self._at_start + len(self._later)

    def read(self, position: int, most: int) -> Slice:
        """Make up to `most` rows from `position` on. What it costs depends on `most` alone."""
        records: list[Record] = []
        position = self._occupied(position)
        while position < self.end and len(records) < most:
            records.append(self._record(position))
            position = self._occupied(position + 1)
        return Slice(records, position, position < self.end)

    def change(self, rows: int) -> None:
        """Change so many existing rows, each once; which ones depends on the seed and on earlier calls only.

        Raises:
            ValueError: there are not so many rows.
        """
        if rows > self.rows:
            raise ValueError(f"cannot change {rows} rows: there are {self.rows}")
        chosen = Random(f"{self._seed}/{self.changes}").sample(range(self.rows), rows)  # noqa: S311  # data, no secret
        for index in chosen:
            position, revision = self._moved.get(index, (index, 0))
            self._left[position] = position + 1
            self._append(index, revision + 1)
        self.changes += rows

    def add(self, rows: int) -> None:
        """Add so many rows at the end."""
        for _ in range(rows):
            self._append(self.rows, 0)
            self.rows += 1

    def _append(self, index: int, revision: int) -> None:
        self._moved[index] = (self.end, revision)
        self._later.append((index, revision))

    def _record(self, position: int) -> Record:
        if position < self._at_start:
            return self.records.make(position, 0, position)
        index, revision = self._later[position - self._at_start]
        return self.records.make(index, revision, position)

    def _occupied(self, position: int) -> int:
        """Find the first position from here on that no row has left, shortening the way there for the next reader."""
        passed = []
        while position in self._left:
            passed.append(position)
            position = self._left[position]
        for earlier in passed:
            self._left[earlier] = position
        return position
