"""What may go wrong between this API and a connector: each fault a class, its knobs the fields."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar, Final, Literal, TypeAlias

import orjson
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import override

from simulators.hed_api.answers import Answer, Ending

NumericColumn: TypeAlias = Literal[
    "assignment_submissions",
    "avg_assignment_score",
    "course_completion_rate",
    "credit_hours_attempted",
    "credit_hours_earned",
    "current_gpa",
    "discussion_posts",
    "engagement_score",
    "financial_aid_amount",
    "intervention_count",
    "last_updated_epoch",
    "plagiarism_incidents",
    "total_course_views",
    "writing_quality_score",
]

TimeColumn: TypeAlias = Literal["enrollment_date", "last_login_date", "last_updated"]


class Fault(BaseModel, ABC):
    """One kind of fault; its fields are the knobs."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    kind: ClassVar[str]

    after: int = Field(0, ge=0, description="matching requests to leave alone first")
    times: int | None = Field(1, ge=1, description="how many to spoil; null for all that follow")

    def matches(self, answer: Answer) -> bool:
        """Tell whether this fault could spoil the answer."""
        return answer.is_page

    @abstractmethod
    def spoil(self, answer: Answer) -> None:
        """Spoil an answer that matches."""


class RowFault(Fault, ABC):
    """A fault that needs a row to show itself; matches pages with at least one."""

    @override
    def matches(self, answer: Answer) -> bool:
        return answer.is_page and bool(answer.page.hed_records)


class Status(Fault):
    """An error status instead of the page, with or without Retry-After."""

    kind = "status"
    code: int = Field(503, ge=400, le=599, description="the HTTP status")
    retry_after: int | None = Field(None, ge=0, description="seconds for Retry-After; null sends none")
    retry_after_as: Literal["seconds", "date"] = Field("seconds", description="how Retry-After is written")

    @override
    def spoil(self, answer: Answer) -> None:
        answer.refuse(self.code, "a fault armed at the control door")
        if self.retry_after is not None:
            when = datetime.now(UTC) + timedelta(seconds=self.retry_after)
            by_date = self.retry_after_as == "date"
            answer.headers["retry-after"] = format_datetime(when, usegmt=True) if by_date else str(self.retry_after)


class Slow(Fault):
    """The right answer, late."""

    kind = "slow"
    seconds: float = Field(2.0, gt=0, le=3600, description="how late")

    @override
    def spoil(self, answer: Answer) -> None:
        answer.delay_seconds += self.seconds

    @override
    def matches(self, answer: Answer) -> bool:
        return True


class CutOff(Fault):
    """The connection closes in the middle of the body; Content-Length had announced all of it."""

    kind = "cut_off"

    @override
    def spoil(self, answer: Answer) -> None:
        answer.ending = Ending.CUT_OFF


class HangUp(Fault):
    """The connection closes before any answer."""

    kind = "hang_up"

    @override
    def spoil(self, answer: Answer) -> None:
        answer.ending = Ending.HUNG_UP


class InvalidJson(Fault):
    """Status 200 with a text that stops in the middle of the JSON, whole as far as HTTP can tell."""

    kind = "invalid_json"

    @override
    def spoil(self, answer: Answer) -> None:
        text = answer.text()
        answer.body = text[: len(text) // 2]


class Html(Fault):
    """Status 200 with a sign-in page instead of JSON, as a proxy would."""

    kind = "html"

    @override
    def spoil(self, answer: Answer) -> None:
        answer.body = b"<!doctype html><title>Sign in</title><p>Your session has ended. Sign in to go on.</p>"
        answer.media_type = "text/html"


class ExpiredCursor(Fault):
    """Any cursor is refused, while the same request without one works."""

    kind = "expired_cursor"
    code: Literal[400, 404, 409, 410, 422] = Field(410, description="the HTTP status")

    @override
    def matches(self, answer: Answer) -> bool:
        return answer.is_page and answer.cursor_sent is not None

    @override
    def spoil(self, answer: Answer) -> None:
        answer.refuse(self.code, "the cursor has expired")


class RepeatedCursor(Fault):
    """The cursor that was sent comes back with has_more true, so that whoever follows it goes round for ever."""

    kind = "repeated_cursor"

    @override
    def matches(self, answer: Answer) -> bool:
        return answer.is_page and answer.cursor_sent is not None

    @override
    def spoil(self, answer: Answer) -> None:
        answer.page.next_cursor, answer.page.has_more = answer.cursor_sent, True


class EmptyPage(RowFault):
    """A page without rows, has_more true and another cursor, which leads to the rows left out: none is lost."""

    kind = "empty_page"

    @override
    def spoil(self, answer: Answer) -> None:
        answer.page.hed_records, answer.page.has_more = [], True
        answer.page.next_cursor = answer.begin_again()


class ExtraPage(RowFault):
    """The last page with rows says has_more true; the one after it is empty and says false."""

    kind = "extra_page"

    @override
    def matches(self, answer: Answer) -> bool:
        return super().matches(answer) and not answer.page.has_more

    @override
    def spoil(self, answer: Answer) -> None:
        answer.page.has_more = True


class NullCursor(Fault):
    """The last page carries a null cursor."""

    kind = "null_cursor"

    @override
    def matches(self, answer: Answer) -> bool:
        return answer.is_page and not answer.page.has_more

    @override
    def spoil(self, answer: Answer) -> None:
        answer.page.next_cursor = None


class NewColumn(RowFault):
    """Every row of the page has a column that was never there before."""

    kind = "new_column"
    name: str = Field("advisor_note", min_length=1, description="the column's name")
    value: str | int | float | bool | list[Any] | dict[str, Any] | None = Field("call back", description="its value")

    @override
    def spoil(self, answer: Answer) -> None:
        for record in answer.page.hed_records:
            record[self.name] = self.value


class ChangedType(RowFault):
    """A numeric column holds its value as text, in every row of the page that has one."""

    kind = "changed_type"
    column: NumericColumn = Field("current_gpa", description="which numeric column")

    @override
    def spoil(self, answer: Answer) -> None:
        for record in answer.page.hed_records:
            value = record[self.column]
            record[self.column] = None if value is None else str(value)


class MissingKey(RowFault):
    """The first row of the page has no record_id."""

    kind = "missing_key"
    left: Literal["absent", "null"] = Field("absent", description="whether the column is absent or null")

    @override
    def spoil(self, answer: Answer) -> None:
        answer.page.hed_records[0]["record_id"] = None
        if self.left == "absent":
            del answer.page.hed_records[0]["record_id"]


class BadTimestamp(RowFault):
    """One of the times in the first row of the page cannot be read."""

    kind = "bad_timestamp"
    column: TimeColumn = Field("last_login_date", description="which time")
    text: str = Field("31/07/2025 25:61", description="what stands there")

    @override
    def spoil(self, answer: Answer) -> None:
        answer.page.hed_records[0][self.column] = self.text


class Duplicate(RowFault):
    """The last row of the page stands there twice, the second time with one intervention more."""

    kind = "duplicate"

    @override
    def spoil(self, answer: Answer) -> None:
        last = answer.page.hed_records[-1]
        answer.page.hed_records.append({**last, "intervention_count": int(last["intervention_count"] or 0) + 1})


class ListBody(Fault):
    """A JSON list of the rows instead of the object around them."""

    kind = "list_body"

    @override
    def spoil(self, answer: Answer) -> None:
        answer.body = orjson.dumps(answer.page.hed_records)


class Huge(RowFault):
    """A page too big to pass on: its rows have a long text in a column of their own."""

    kind = "huge"
    size: int = Field(11 * 1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="bytes to add to the page")

    @override
    def spoil(self, answer: Answer) -> None:
        rows = answer.page.hed_records
        for record in rows:
            record["notes"] = "x" * (self.size // len(rows) + 1)


FAULTS: Final[dict[str, type[Fault]]] = {
    fault.kind: fault
    for fault in (
        *(Status, Slow, CutOff, HangUp, InvalidJson, Html, ListBody, Huge),
        *(ExpiredCursor, RepeatedCursor, NullCursor, EmptyPage, ExtraPage),
        *(NewColumn, ChangedType, MissingKey, BadTimestamp, Duplicate),
    )
}
"""Every fault by its name."""
