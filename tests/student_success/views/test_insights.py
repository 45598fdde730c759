"""The page of AI insights: a question is chosen, runs step by step, and ends as a report that can be taken away."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from cohort.filters import EVERYBODY, Filters
from insights.areas.catalog import AREAS
from insights.download import as_markdown
from insights.figures import Findings
from insights.prompt import FiguresPrompt
from insights.providers.offline import OfflineAnalyst
from insights.providers.protocol import Piece, Prompt, ProviderError
from insights.report import Question
from tests.support.reports import report
from tests.support.student_success import filled, page, settings, simulated, words
from views.insights_text import inert

pytestmark = pytest.mark.slow

HOSTILE = (
    "<script>fetch('https://evil.example')</script>",
    "<img src=x onerror=alert(1)>",
    "![a](https://evil.example/a.png)",
    "[click](https://evil.example)",
    "[click](javascript:alert(1))",
    "<https://evil.example>",
    "https://evil.example/bare",
    "www.evil.example",
    "someone@evil.example",
    "[r]\n\n[r]: https://evil.example",
    "```html\n<b>x</b>\n```",
    "    <iframe src='//evil.example'></iframe>",
    "| a | b |\n|---|---|\n| <b>c</b> | ![d](//evil.example/d.png) |",
    ":red[shout] :material/warning: :streamlit: $\\frac{1}{2}$ $$x$$",
    "&lt;script&gt;alert(1)&lt;/script&gt; &#60;b&#62;",
)
SHELLS = ("{}", "# {}", "- {}", "1. {}", "> {}", "**{}**", "*{}*", "\\{}", "a {} b", "{}\n===")
ANSWERS = [shell.format(attack) for attack in HOSTILE for shell in SHELLS]


class Malicious:
    """A provider whose answer is not what anybody asked for."""

    key = "malicious"
    label = "Malicious <b>model</b>"
    sends_to = "https://models.example"

    def __init__(self, *pieces: str | Exception, gate: Event | None = None) -> None:
        self.pieces = pieces
        self.gate = gate

    def models(self) -> tuple[str, ...]:
        return ("one", "two")

    def write(self, prompt: Prompt, model: str, stopped: Callable[[], bool]) -> Iterator[Piece]:
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield Piece(piece)
        if self.gate is not None:
            assert self.gate.wait(30)
            yield Piece("after the gate")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("insights") / "warehouse.db", simulated())


@pytest.fixture
def opened(file: Path, tmp_path: Path) -> Iterator[AppTest]:
    with settings(file, STUDENT_SUCCESS_HISTORY=str(tmp_path / "insights.db")):
        yield page("insights").run()


def offering(*providers: Any) -> Any:
    return patch("views.insights_choose.available", lambda *_: ([OfflineAnalyst(), *providers], []))


def ended(test: AppTest) -> AppTest:
    assert test.session_state["insights_run"].wait(30)
    return test.run()


def asked(test: AppTest) -> AppTest:
    return ended(test.button(key="insights_start").click().run())


def test_the_page_says_what_will_happen_and_that_nothing_leaves(opened: AppTest) -> None:
    assert not opened.exception
    assert "Nothing leaves this machine." in [info.value for info in opened.info]
    assert all(step.name in words(opened) for step in AREAS[0].steps)
    assert "No AI model is set up: statistics are put into sentences." in " ".join(c.value for c in opened.caption)
    assert not [box for box in opened.selectbox if str(box.key).startswith("insights_")]
    assert not [button for button in opened.button if button.key == "insights_preview"]


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.key)
def test_every_area_ends_in_a_report_whose_numbers_are_in_the_data(opened: AppTest, area: Any) -> None:
    test = asked(opened.radio(key="insights_area").set_value(area.key).run())
    assert not test.exception
    assert not test.warning
    assert not test.error
    shown = words(test)
    assert re.search(r"All \d+ numbers here are in the data", shown)
    left_out = 2 if area.key == "financial_impact" else 0  # nobody has said what an intervention costs
    assert shown.count("needs your assumptions") == left_out
    assert [expander.label for expander in test.expander][-1] == "Sources"
    assert len(test.expander) == len(area.steps) - left_out + 1
    assert len(test.dataframe) == len(area.steps) - left_out
    assert all(code.value.startswith(("SELECT", "WITH")) for code in test.code)
    assert f"### {area.title}" in shown
    assert "About&#58; all students" in shown
    assert "#### Summary" in shown
    assert test.session_state["insights_run"].seen().not_kept is None


def test_the_download_has_the_report_and_what_it_is_made_of(opened: AppTest) -> None:
    test = asked(opened)
    seen = test.session_state["insights_run"].seen()
    made = as_markdown(seen.report, "Overall Performance", seen.prompt)
    assert made.startswith("# Overall Performance\n")
    for part in ("## Sources", "# Appendix", "## Figures", "## SQL", "## Prompt", "Provider: offline", "S6.1"):
        assert part in made
    assert seen.report.prompt_hash in made
    assert seen.report.snapshot in made
    assert '"hed"."hed_records"' in made
    for row in simulated(50):
        assert row["student_id"] not in made
        assert row["record_id"] not in made


def test_the_download_names_no_advisor_and_has_nothing_that_a_viewer_makes_a_link_of(opened: AppTest) -> None:
    advisor = opened.multiselect(key="filter_advisors").options[0]
    filters = Filters(advisors=(advisor, "O'Hara"))
    question = Question("overall_performance", filters, "offline", "templates")
    findings = Findings(sql=(f"SELECT 1 WHERE advisor_id IN ('{advisor}', 'O''Hara')",))
    prompt = FiguresPrompt("", "", "2", "Overall Performance", (("Who is there", findings),))
    text = "See https://evil.example, WWW.evil.example, @somebody, $x$ and \\$5."
    made = as_markdown(replace(report(1), question=question, text=text), "Overall Performance", prompt)
    assert advisor not in made
    assert "Hara" not in made
    assert "with 2 chosen advisors" in made
    assert "advisors 2 chosen" in made
    assert r"https\://evil.example, WWW\.evil.example, \@somebody, \$x\$ and \$5." in made


def test_before_a_model_is_asked_the_page_says_where_the_figures_go(opened: AppTest) -> None:
    with offering(Malicious("x")):
        test = opened.run().selectbox(key="insights_provider").select("malicious").run()
    said = " ".join(warning.value for warning in test.warning)
    assert "Aggregates go to https&#58;" in said
    assert "insights_run" not in test.session_state


def test_the_exact_prompt_is_shown_and_not_sent(opened: AppTest) -> None:
    provider = Malicious(ProviderError("it was asked"))
    with offering(provider):
        opened.run().selectbox(key="insights_provider").select("malicious").run()
        test = ended(opened.button(key="insights_preview").click().run())
    prompt = test.session_state["insights_run"].seen().prompt
    assert f"{prompt.rules}\n\n{prompt.question}" in [code.value for code in test.code]
    assert not test.error
    assert not test.get("download_button")


def test_a_run_can_be_stopped_and_keeps_what_there_is(opened: AppTest) -> None:
    gate = Event()
    with offering(Malicious("The GPA is 2.88.", gate=gate)):
        opened.run().selectbox(key="insights_provider").select("malicious").run()
        test = opened.button(key="insights_start").click().run()
        assert test.radio(key="insights_area").disabled
        test.button(key="insights_stop").click().run()
        gate.set()
        ended(test)
    assert "Stopped" in " ".join(warning.value for warning in test.warning)
    report = test.session_state["insights_run"].seen().report
    assert report.outcome == "stopped"
    assert test.button(key="insights_start")


def test_a_model_that_is_down_is_one_line_and_the_figures_stay(opened: AppTest) -> None:
    with offering(Malicious(ProviderError("the model at <b>x</b> does not answer: start it"))):
        opened.run().selectbox(key="insights_provider").select("malicious").run()
        test = asked(opened)
    [error] = test.error
    assert "does not answer&#58; start it" in error.value
    assert "<b>" not in error.value
    assert len(test.dataframe) == 6
    assert not test.exception


def test_a_malicious_answer_is_text_and_its_numbers_are_marked(opened: AppTest) -> None:
    answer = "\n\n".join(["# Report", "99.9 % fail and 77 drop out.", "The GPA is 2.88.", *HOSTILE])
    with offering(Malicious(answer)):
        opened.run().selectbox(key="insights_provider").select("malicious").run()
        test = asked(opened)
    assert not test.exception
    shown = words(test)
    assert re.search(r"\*\*\d+ of \d+ numbers and references here are not in the data; each is marked&#46;\*\*", shown)
    assert "99&#46;9 % **&#91;not in the data&#93;** fail and 77 **&#91;not in the data&#93;** drop out" in shown
    assert "2&#46;88 &#91;S2&#46;1&#93;" in shown
    for markdown in test.markdown:
        assert not markdown.allow_html
        assert_is_inert(markdown.value.replace(":material/", ""))


@pytest.mark.parametrize("answer", ANSWERS)
def test_150_hostile_answers_are_text(answer: str) -> None:
    assert_is_inert(inert(answer))


@given(st.text(alphabet="ab \n*_#-+`[]()<>!|~&;:$\\/=.@w1https", max_size=150))
def test_any_answer_is_text(answer: str) -> None:
    assert_is_inert(inert(answer))


def test_a_long_paragraph_is_shown_whole() -> None:
    assert inert("word " * 2_000).count("word") == 2_000


def test_a_question_of_the_history_waits_to_be_asked_again(opened: AppTest) -> None:
    again = Question(
        "financial_impact",
        EVERYBODY,
        "offline",
        "templates",
        "tuition=5000.0, cost=100.0, reach=0.4, effect=0.05, leaving=0.4",
    )
    opened.session_state["insights_question"] = again
    test = opened.run()
    assert not test.exception
    assert test.radio(key="insights_area").value == "financial_impact"
    assert test.number_input(key="insights_tuition").value == 5_000
    assert test.number_input(key="insights_reach").value == 40
    assert "The same question again" in test.info[0].value
    report = asked(test).session_state["insights_run"].seen().report
    assert report.question.area == again.area
    assert report.question.assumptions == "tuition=5000.0, cost=100.0, reach=0.4, effect=0.05"
    assert r"$5,000 \[S4.2]" in report.text
    assert re.search(r"All \d+ numbers are traced: \d+ from the data, \d+ from your assumptions\.", report.text)
    assert re.search(r"Net tuition kept: \$[\d,]+, follows from your assumptions", report.text)


def test_a_question_of_somebody_who_is_gone_is_said(opened: AppTest) -> None:
    opened.session_state["insights_question"] = Question("no_area", EVERYBODY, "gone", "x")
    test = opened.run()
    assert not test.exception
    assert "gone is not set up here any more" in test.warning[0].value


def test_the_filters_are_part_of_the_question(opened: AppTest) -> None:
    test = asked(opened.multiselect(key="filter_majors").select("CSCI").run())
    report = test.session_state["insights_run"].seen().report
    assert report.question.filters == replace(Filters(), majors=("CSCI",))
    count = sum(row["major_code"] == "CSCI" for row in simulated())
    assert f"There are {count} records" in report.text or f"There are {count} \\[S1.1] records" in report.text


def test_too_few_are_said_before_anything_starts(opened: AppTest) -> None:
    test = opened
    test.multiselect(key="filter_majors").select("CSCI").run()
    test.multiselect(key="filter_advisors").select(test.multiselect(key="filter_advisors").options[0]).run()
    assert not test.exception
    assert re.fullmatch(r"(No record matches|Only \d records? match(es)?); a report needs 10\.", test.info[0].value)
    assert test.button(key="insights_start").disabled


def assert_is_inert(markdown: str) -> None:
    """It has headings, paragraphs, lists and stress, and nothing that a viewer could make more of."""
    blocks = {"heading", "paragraph", "bullet_list", "ordered_list", "list_item"}
    allowed = blocks | {"strong", "em", "inline", "text", "softbreak"}
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    children = [child for token in tokens for child in token.children or ()]
    assert {token.type.removesuffix("_open").removesuffix("_close") for token in [*tokens, *children]} <= allowed
    # What a viewer makes a link of after it has read the Markdown: https://github.github.com/gfm/#autolinks-extension-
    text = "".join(child.content for child in children)
    assert not re.search(r"(?i)https?://|www\.|@[-\w]", text)
    # Streamlit reads its own signs in the source, not in what it means.
    assert not re.search(r"(?<!&#)[:$<>]|\[|\]", re.sub(r"&#\d+;", "", markdown))
