"""The page of the reports that were made."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cohort.filters import Filters
from insights.document import parsed
from insights.history.lines import from_line
from insights.history.sqlite import SQLiteHistory
from tests.support.reports import report
from tests.support.student_success import filled, page, settings, simulated, words
from views import history_facts
from views.history import PAGE
from views.numbers import NO_FIGURE
from views.text import plain

pytestmark = pytest.mark.slow

HOSTILE = (
    "# <script>alert(1)</script>\n\n![x](http://evil.example/x.png) [click](javascript:alert(1)) $x^2$ :red[red]\n"
    "<img src=x onerror=alert(1)>\n\n    code\n\nhttp://evil.example www.evil.example <b>bold</b>"
)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("warehouse") / "warehouse.db", simulated(20))


@pytest.fixture
def history(warehouse: Path, tmp_path: Path) -> Iterator[SQLiteHistory]:
    path = tmp_path / "insights.db"
    with settings(warehouse, STUDENT_SUCCESS_HISTORY=str(path)):
        yield SQLiteHistory(path)


def opened() -> AppTest:
    test = page("history").run()
    assert not test.exception
    return test


def table(test: AppTest, place: int = 0) -> list[dict[str, str]]:
    return test.dataframe[place].value.to_dict("records")


def test_an_empty_history_says_where_reports_come_from(history: SQLiteHistory) -> None:
    test = opened()
    assert "No reports yet" in words(test)
    assert not test.dataframe
    test.button(key="history_first").click().run()
    assert test.title[0].value == "AI insights"


def test_every_run_has_a_line_and_how_it_was_made_is_behind_it(history: SQLiteHistory) -> None:
    filters = Filters(majors=("CSCI", "∅"), at_risk=True)
    history.add(report(0))
    history.add(
        report(1, area="financial_impact", filters=filters, provider="cortex", model="llama", outcome="failed",
               prompt_tokens=1_234, answer_tokens=56, error="it was down", assumptions="cost=1.0")
    )  # fmt: skip
    test = opened()
    newest, oldest = table(test)
    data = "600 records, synced 2025-09-01 12:00 UTC"
    assert newest == {
        "Made (UTC)": "2025-09-01 12:01", "Area": "Financial Impact", "Whom": "major: CSCI, none; at risk",
        "Outcome": "Failed", "Written by": "Snowflake Cortex", "Data": data, "Reason": "it was down",
    }  # fmt: skip
    (made,) = [expander for expander in test.expander if expander.label == "How it was made"]
    assert [element.value for element in made.markdown] == [
        f"**{name}** {plain(value)}"
        for name, value in {
            "Made": "2025-09-01 12:01:00 UTC", "Outcome": "Failed", "Area": "Financial Impact",
            "Whom": "major: CSCI, none; at risk", "Written by": "Snowflake Cortex", "Model": "llama", "Data": data,
            "Seconds": "1.5", "Tokens sent": "1,234", "Tokens answered": "56", "Tokens a second": "37.3",
            "Template": "1", "Prompt": "abababababab", "Assumptions": "cost=1.0", "Reason": "it was down",
        }.items()
    ]  # fmt: skip
    assert oldest["Reason"] == NO_FIGURE
    assert oldest["Whom"] == "Everybody"
    assert [warning.value for warning in test.warning] == ["Failed&#58; it was down"]


def test_one_area_and_one_outcome(history: SQLiteHistory) -> None:
    history.add(report(0))
    history.add(report(1, area="financial_impact"))
    history.add(report(2, outcome="stopped"))
    test = opened()
    test.selectbox(key="history_area").select("overall_performance").run()
    assert [row["Outcome"] for row in table(test)] == ["Stopped", "Finished"]
    test.selectbox(key="history_outcome").select("stopped").run()
    assert len(table(test)) == 1
    test.selectbox(key="history_area").select("financial_impact").run()
    assert "No report has this area and outcome" in words(test)


def test_more_are_shown_when_they_are_wanted(history: SQLiteHistory) -> None:
    for number in range(PAGE + 3):
        history.add(report(number))
    test = opened()
    assert len(table(test)) == PAGE
    test.button(key="history_more").click().run()
    assert len(table(test)) == PAGE + 3
    assert "history_more" not in [button.key for button in test.button]


def test_a_report_is_opened_as_text_and_nothing_else(history: SQLiteHistory) -> None:
    history.add(report(0, text=HOSTILE, snapshot="<script>", model="![x](http://evil.example)", error="<b>:red[x]"))
    history.add(report(1, text=f"{HOSTILE} more", template="<script>"))
    test = opened()
    test.selectbox(key="history_report").select("report-0").run()
    once = "\n".join(str(element.value) for element in [*test.markdown, *test.warning, *test.caption])
    test.selectbox(key="history_other").select("report-1").run()
    assert not test.exception
    twice = "\n".join(str(element.value) for element in [*test.markdown, *test.caption])
    for shown in (once, twice):
        assert "alert" in shown
        assert not {"<script", "<img", "<b>", "](", "http:/", "javascript:", ":red[", "$x"} & set(_pieces(shown))


def _pieces(text: str) -> Iterator[str]:
    for start in range(len(text)):
        for length in range(2, 12):
            yield text[start : start + length]


def test_a_downloaded_report_loads_and_runs_nothing() -> None:
    file = history_facts.as_file(report(0, text=HOSTILE, model="<b>", error="![x](http://evil.example/x.png)"))
    from markdown_it import MarkdownIt

    html = MarkdownIt("commonmark").render(file)
    assert "<img" not in html
    assert "<a " not in html
    assert "<script" not in html
    assert "alert(1)" in "".join(block.text for block in parsed(file))


def test_two_reports_side_by_side(history: SQLiteHistory) -> None:
    history.add(report(0, text="## Summary\n\nGPA is **2.91** in 600 records.\n\nIt fell."))
    history.add(report(1, text="## Summary\n\nGPA is **2.87** in 600 records.\n\nIt rose.", snapshot="620 records"))
    test = opened()
    test.selectbox(key="history_other").select("report-0").run()
    assert not test.exception
    _, made, moved = (table(test, place) for place in range(3))
    assert {row["What"]: (row["Older"], row["Newer"]) for row in made} == {
        "Made": ("2025-09-01 12:00:00 UTC", "2025-09-01 12:01:00 UTC"),
        "Data": ("600 records, synced 2025-09-01 12:00 UTC", "620 records"),
    }
    assert moved == [{"Line": "GPA is 2.87 in 600 records.", "Older": "2.91", "Newer": "2.87"}]
    assert test.code[0].value == "- It fell.\n+ It rose."


def test_a_report_is_compared_with_others_of_its_area_those_about_the_same_students_first(
    history: SQLiteHistory,
) -> None:
    chemists = Filters(majors=("CHEM",))
    history.add(report(0, filters=chemists))
    history.add(report(1))
    history.add(report(2, area="financial_impact", filters=chemists))
    history.add(report(3, filters=chemists))
    test = opened()
    nothing, *others = test.selectbox(key="history_other").options
    assert nothing == "Nothing"
    assert [other.split(" · ")[0] for other in others] == ["2025-09-01 12:00:00", "2025-09-01 12:01:00"]


def test_two_reports_that_say_the_same_say_so(history: SQLiteHistory) -> None:
    history.add(report(0))
    history.add(report(1))
    test = opened()
    test.selectbox(key="history_other").select("report-0").run()
    assert [info.value for info in test.info] == ["Both say the same."]


def test_the_same_question_is_asked_again_about_the_same_students(history: SQLiteHistory) -> None:
    history.add(report(0, area="strategic_recommendations", filters=Filters(majors=("CSCI",), at_risk=False)))
    test = opened()
    test.button(key="history_again").click().run()
    assert not test.exception
    assert test.title[0].value == "AI insights"
    address = {name: [value] if isinstance(value, str) else value for name, value in test.query_params.items()}
    assert address == {"major": ["CSCI"], "at_risk": ["no"]}  # Streamlit 1.50 has lists here
    assert test.radio(key="insights_area").value == "strategic_recommendations"
    assert test.multiselect(key="filter_majors").value == ["CSCI"]


def test_a_report_is_deleted_when_that_is_said_twice(history: SQLiteHistory) -> None:
    for number in range(2):
        history.add(report(number))
    test = opened()
    test.selectbox(key="history_report").select("report-0").run()
    test.button(key="history_delete").click().run()
    assert not test.exception
    assert history.page(9) == [report(1)]
    assert test.selectbox(key="history_report").value == "report-1"
    test.button(key="history_delete").click().run()
    assert "No reports yet" in words(test)


def test_a_report_that_cannot_be_deleted_is_still_there(
    history: SQLiteHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    from insights.history.protocol import HistoryError

    def refuse(self: SQLiteHistory, id_: str) -> None:
        raise HistoryError("the disk is full")

    history.add(report(0))
    test = opened()
    monkeypatch.setattr(SQLiteHistory, "delete", refuse)
    test.button(key="history_delete").click().run()
    assert [error.value for error in test.error] == ["the disk is full"]
    assert len(table(test)) == 1


def test_all_reports_are_lines_of_json(history: SQLiteHistory) -> None:
    made = [report(number, text=f"\u2028 {number}\n") for number in range(3)]
    for each in made:
        history.add(each)
    test = opened()
    test.button(key="history_prepare").click().run()
    assert "Download 3 reports" in [element.label for element in test.get("download_button")]
    lines = history_facts.as_lines(made)
    assert [json.loads(line)["id"] for line in lines.splitlines()] == ["report-0", "report-1", "report-2"]
    assert [from_line(line) for line in lines.splitlines()] == made


def test_a_report_of_an_area_that_is_gone_is_still_read(history: SQLiteHistory) -> None:
    history.add(report(0, area="an_area_that_is_gone", provider="gone"))
    assert table(opened())[0]["Area"] == "an_area_that_is_gone"


def test_one_report_that_cannot_be_read_hides_no_other_and_can_be_deleted(history: SQLiteHistory) -> None:
    history.add(report(0))
    history.add(report(1))
    with sqlite3.connect(history.path) as connection:
        connection.execute("UPDATE insights SET report = '{' WHERE id = 'report-1'")
    connection.close()
    test = opened()
    assert [row["Outcome"] for row in table(test)] == ["Failed", "Finished"]
    assert "not in a form that this app knows" in table(test)[0]["Reason"]
    test.button(key="history_delete").click().run()
    assert history.page(9) == [report(0)]


def test_a_history_that_cannot_be_read_says_why_and_leaves_the_other_pages(history: SQLiteHistory) -> None:
    history.path.write_text("this is no database " * 100)
    test = opened()
    assert "file is not a database" in test.error[0].value
    assert "can be downloaded where it was made" in words(test)
    assert "20 records" in words(test)
