"""A report as one line of JSON: as the stores keep it, and as it is downloaded."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Any, get_args

from cohort.filters import EVERYBODY, Filters
from insights.history.protocol import HistoryError
from insights.report import Outcome, Question, Report

_OUTCOMES = get_args(Outcome)


def to_line(report: Report) -> str:
    """Return the report as a JSON object, in ASCII, without a line break."""
    return json.dumps(asdict(report), default=_written)


def from_line(line: str) -> Report:
    """Return the report of a line.

    Raises:
        HistoryError: it is no line that `to_line` wrote, in this version or an earlier one.
    """
    try:
        given = json.loads(line)
        question = given["question"]
        made_at = datetime.fromisoformat(given["made_at"]).astimezone(UTC)
        asked = Question(**(_known(Question, question) | {"filters": _filters(question["filters"])}))
        report = Report(**(_known(Report, given) | {"made_at": made_at, "question": asked}))
        _check(report)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise HistoryError(f"a report in the history is not in a form that this app knows ({error!r})") from None
    if report.outcome not in _OUTCOMES:
        raise HistoryError(f"a report in the history ended in a way that this app does not know: {report.outcome!r}")
    return report


def readable(id: str, made_at: str, area: str, line: str) -> Report:  # noqa: A002  # as the report has it
    """Return the report of a row or, if its line cannot be read, one in its place that says so and can be deleted."""
    try:
        return from_line(line)
    except HistoryError as error:
        asked = Question(area, EVERYBODY, "", "")
        return Report(id, _time(made_at), asked, "", "", "", "failed", "", 0.0, error=str(error))


def moment(report: Report) -> str:
    """Return when the report was made, as text that sorts as time does."""
    return report.made_at.astimezone(UTC).isoformat(timespec="microseconds")


def _time(made_at: str) -> datetime:
    try:
        return datetime.fromisoformat(made_at).astimezone(UTC)
    except (OverflowError, ValueError):
        return datetime.min.replace(tzinfo=UTC)


def _check(report: Report) -> None:
    asked, chosen = report.question, report.question.filters
    texts = [report.id, report.template, report.prompt_hash, report.snapshot, report.text]
    texts += [asked.area, asked.provider, asked.model, asked.assumptions]
    texts += [*chosen.majors, *chosen.standings, *chosen.advisors]
    numbers = [report.seconds, *(n for n in (report.prompt_tokens, report.answer_tokens) if n is not None)]
    if not (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(number, int | float) for number in numbers)
        and isinstance(report.error, str | None)
        and isinstance(chosen.at_risk, bool | None)
    ):
        raise TypeError("a value of another type")


def _written(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a report has no {type(value).__name__}")


def _known(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    # What a later version added is left out, so that its reports are still read.
    return {item.name: given[item.name] for item in fields(kind) if item.name in given}


def _filters(given: Mapping[str, Any]) -> Filters:
    known = _known(Filters, given)
    for name in ("enrolled_from", "enrolled_to"):
        known[name] = date.fromisoformat(known[name]) if known.get(name) else None
    for name in ("majors", "standings", "advisors"):
        known[name] = tuple(known.get(name, ()))
    return Filters(**known)
