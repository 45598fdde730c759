"""Reports as a test needs them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from cohort.filters import Filters
from insights.report import Question, Report

NOON = datetime(2025, 9, 1, 12, tzinfo=UTC)

TEXTS = st.text(st.characters(exclude_categories=[]))
"""Any characters at all: control characters, and half a surrogate pair."""


def report(number: int = 0, **more: Any) -> Report:
    """Return the report number `number`, made so many minutes after noon. A question's field goes into its question."""
    asked = {"area": "overall_performance", "filters": Filters(), "provider": "offline", "model": "templates"}
    asked["assumptions"] = ""
    question = Question(**{name: more.pop(name, usual) for name, usual in asked.items()})
    usual: dict[str, Any] = {
        "id": f"report-{number}", "made_at": NOON + timedelta(minutes=number), "question": question, "template": "1",
        "prompt_hash": "ab" * 32, "snapshot": "600 records, synced 2025-09-01 12:00 UTC", "outcome": "finished",
        "text": "## Summary\n\nThe average GPA is 2.91.", "seconds": 1.5,
    }  # fmt: skip
    return Report(**usual | more)


def reports() -> st.SearchStrategy[Report]:
    """Return any report."""
    several = st.lists(TEXTS, max_size=3).map(tuple)
    days = st.none() | st.dates(date(1, 1, 1), date.max)
    filters = st.builds(Filters, several, several, several, st.none() | st.booleans(), days, days)
    tokens = st.none() | st.integers(0)
    return st.builds(
        Report,
        id=st.text(),  # the app makes it, and the area's key
        made_at=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
        question=st.builds(Question, st.text(), filters, TEXTS, TEXTS, TEXTS),
        template=TEXTS,
        prompt_hash=TEXTS,
        snapshot=TEXTS,
        outcome=st.sampled_from(["finished", "stopped", "failed"]),
        text=TEXTS,
        seconds=st.floats(0, allow_infinity=False),
        prompt_tokens=tokens,
        answer_tokens=tokens,
        error=st.none() | TEXTS,
    )
