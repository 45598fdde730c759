"""A report as one line."""

import json

import pytest
from hypothesis import given

from insights.history.lines import from_line, moment, readable, to_line
from insights.history.protocol import HistoryError
from insights.report import Report
from tests.support.reports import report, reports


@given(reports())
def test_a_report_is_the_same_after_its_line(made: Report) -> None:
    line = to_line(made)
    assert from_line(line) == made
    assert line.isascii()
    assert len(line.splitlines()) == 1


def test_what_a_later_version_added_is_left_out() -> None:
    line = json.loads(to_line(report()))
    line["mood"] = line["question"]["tone"] = line["question"]["filters"]["term"] = "new"
    assert from_line(json.dumps(line)) == report()


def test_filters_that_an_earlier_version_did_not_have_choose_everybody() -> None:
    line = json.loads(to_line(report()))
    line["question"]["filters"] = {}
    assert from_line(json.dumps(line)) == report()


@pytest.mark.parametrize("line", ["", "[]", "5", "null", "{}", '{"question": 5}', to_line(report())[:-2], '"x"'])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(HistoryError, match="not in a form that this app knows"):
        from_line(line)


def test_an_end_that_nobody_knows_is_refused() -> None:
    with pytest.raises(HistoryError, match="'vanished'"):
        from_line(to_line(report()).replace("finished", "vanished"))


@pytest.mark.parametrize(
    ("name", "value"), [("text", 5), ("seconds", "soon"), ("prompt_tokens", [1]), ("error", {}), ("template", None)]
)
def test_a_value_of_another_type_is_refused_and_something_stands_in_its_place(name: str, value: object) -> None:
    line = json.dumps(json.loads(to_line(report(3))) | {name: value})
    with pytest.raises(HistoryError, match="another type"):
        from_line(line)
    instead = readable("report-3", moment(report(3)), "overall_performance", line)
    assert (instead.id, instead.made_at, instead.outcome) == ("report-3", report(3).made_at, "failed")
    assert "another type" in str(instead.error)
