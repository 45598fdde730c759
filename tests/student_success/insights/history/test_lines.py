"""A report as one line."""

import json

import pytest
from hypothesis import given

from insights.history.lines import from_line, to_line
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
