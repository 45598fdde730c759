"""What every store of reports can do."""

from typing import Protocol

from insights.report import Outcome, Report


class HistoryError(Exception):
    """The reports cannot be kept or read: one line that says why, and where. The app goes on without them."""


class History(Protocol):
    """The reports that were made. Each call is whole: what `add` was given is kept when it returns."""

    @property
    def place(self) -> str:
        """Where it is, for a person to read, without a credential."""

    def add(self, report: Report) -> None:
        """Keep a report; one with the same id is replaced.

        Raises:
            HistoryError: it could not be kept.
        """

    def page(
        self, limit: int, before: Report | None = None, *, area: str | None = None, outcome: Outcome | None = None
    ) -> list[Report]:
        """Return up to `limit` reports, newest first: those made before the given one, of one area or outcome.

        Raises:
            HistoryError: they could not be read.
        """

    def get(self, id: str) -> Report | None:  # noqa: A002  # as the report has it
        """Return one report; None if there is none of this id.

        Raises:
            HistoryError: it could not be read.
        """

    def delete(self, id: str) -> None:  # noqa: A002
        """Forget a report, whether or not there is one of this id.

        Raises:
            HistoryError: it could not be forgotten.
        """
