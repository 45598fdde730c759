"""A run in its thread: it shows what happens, stops when told, ends when nobody looks, and keeps what there is."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import duckdb
import pytest

from cohort.cohort import Place
from cohort.filters import EVERYBODY, Filters
from insights import run as run_module
from insights.history.protocol import HistoryError
from insights.providers.offline import OfflineAnalyst
from insights.providers.protocol import Piece, Prompt, Provider, ProviderError
from insights.report import Question, Report
from insights.run import Run, Seen
from insights.workflow import StepDone, StepStarted
from warehouse.duckdb_file import DuckDBFile

QUESTION = Question("overall_performance", EVERYBODY, "scripted", "one")
SECONDS = 30.0


class Scripted:
    """A provider that says what a test wants it to say."""

    key = "scripted"
    label = "Scripted"
    sends_to = "a test"

    def __init__(self, *pieces: Piece | Exception | Callable[[], None]) -> None:
        self.pieces = pieces
        self.prompts: list[Prompt] = []

    def models(self) -> tuple[str, ...]:
        return ("one", "two")

    def write(self, prompt: Prompt, model: str, stopped: Callable[[], bool]) -> Iterator[Piece]:
        self.prompts.append(prompt)
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, Piece):
                yield piece
            else:
                piece()


def ended(run: Run) -> Seen:
    run.start()
    assert run.wait(SECONDS)
    return run.seen()


def test_a_run_finds_writes_checks_and_keeps(simulated_place: Place) -> None:
    kept: list[Report] = []
    provider = Scripted(Piece("# GPA\n\nIt is 2.88"), Piece(" and 77.7 %."), Piece("", 900, 12))
    seen = ended(Run(QUESTION, simulated_place, provider, kept.append))
    assert [type(event) for event in seen.events] == [StepStarted, StepDone] * 6
    # It is on record from the moment that something is sent, and the whole takes its place.
    assert [report.outcome for report in kept] == ["stopped", "finished"]
    assert kept[0].id == kept[1].id
    assert kept[0].prompt_hash == provider.prompts[0].hash
    assert seen.report == kept[1]
    assert seen.report.outcome == "finished"
    assert seen.report.snapshot == "synced 2025-09-01 12:00 UTC, 600 records"
    assert (seen.report.prompt_tokens, seen.report.answer_tokens) == (900, 12)
    assert seen.report.prompt_hash == provider.prompts[0].hash
    assert seen.untraced == ("77.7 %",)
    assert r"77.7 % **\[not in the data]**" in seen.report.text
    assert r"2.88 \[S2.1]" in seen.report.text


def test_the_same_question_has_the_same_prompt_and_report(simulated_place: Place) -> None:
    question = replace(QUESTION, provider="offline", model="templates")
    first, second = (ended(Run(question, simulated_place, OfflineAnalyst(), lambda _: None)) for _ in range(2))
    assert first.report
    assert second.report
    assert first.report.prompt_hash == second.report.prompt_hash
    assert first.report.text == second.report.text


def test_the_warehouse_is_let_go_before_the_words(simulated_place: Place) -> None:
    def write_to_it() -> None:
        assert isinstance(simulated_place.warehouse, DuckDBFile)
        with duckdb.connect(str(simulated_place.warehouse.path)) as connection:
            connection.execute("CREATE OR REPLACE TABLE hed.landed (a INT)")

    seen = ended(Run(QUESTION, simulated_place, Scripted(write_to_it, Piece("Good.")), lambda _: None))
    assert seen.error is None


def test_stop_keeps_what_there_is(simulated_place: Place) -> None:
    kept: list[Report] = []

    def stop() -> None:
        run.stop()

    run = Run(QUESTION, simulated_place, Scripted(Piece("The GPA is 2.88"), stop, Piece(".")), kept.append)
    seen = ended(run)
    assert seen.report
    assert seen.report.outcome == "stopped"
    assert r"The GPA is 2.88 \[S2.1]" in seen.report.text
    assert kept[-1] == seen.report


def test_stop_before_the_words_sends_nothing(simulated_place: Place) -> None:
    provider = Scripted(Piece("x"))
    run = Run(QUESTION, simulated_place, provider, lambda _: None)
    run.stop()
    seen = ended(run)
    assert seen.report
    assert seen.report.outcome == "stopped"
    assert seen.events == ()
    assert provider.prompts == []


def test_a_run_that_nobody_looks_at_ends(simulated_place: Place) -> None:
    hours = iter(range(10_000))
    kept: list[Report] = []
    run = Run(QUESTION, simulated_place, Scripted(Piece("x")), kept.append, clock=lambda: 3_600.0 * next(hours))
    assert ended(run).ended
    assert kept[0].outcome == "stopped"


def test_a_provider_that_fails_leaves_its_reason_and_its_words(simulated_place: Place) -> None:
    provider = Scripted(Piece("The GPA is 2.88."), ProviderError("the model went away: try again"))
    seen = ended(Run(QUESTION, simulated_place, provider, lambda _: None))
    assert seen.error == "The model went away: try again"
    assert seen.report
    assert seen.report.outcome == "failed"
    assert seen.report.error == seen.error
    assert "2.88" in seen.report.text


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ((), "answered nothing"),
        ((Piece(" \n "),), "answered nothing"),
        ((Piece("x" * 100_000),), "went on after"),
        ((ZeroDivisionError("secret"),), "The app made a mistake here (ZeroDivisionError)"),
    ],
)
def test_an_answer_that_is_none_fails_in_one_line(
    simulated_place: Place, pieces: tuple[Piece | Exception, ...], reason: str
) -> None:
    seen = ended(Run(QUESTION, simulated_place, Scripted(*pieces), lambda _: None))
    assert seen.error
    assert reason in seen.error
    assert "secret" not in seen.error


def test_nobody_to_speak_of_is_no_prompt(simulated_place: Place) -> None:
    provider = Scripted(Piece("x"))
    question = replace(QUESTION, filters=Filters(majors=("no such major",)))
    seen = ended(Run(question, simulated_place, provider, lambda _: None))
    assert seen.error == "There is nothing to report: too few records match the filters"
    assert provider.prompts == []


def test_a_report_that_cannot_be_kept_is_still_there(simulated_place: Place) -> None:
    def fail(report: Report) -> None:
        raise HistoryError("the disk is full")

    seen = ended(Run(QUESTION, simulated_place, Scripted(Piece("Good.")), fail))
    assert seen.not_kept == "the disk is full"
    assert seen.report
    assert "Good." in seen.report.text


def test_a_preview_makes_the_prompt_and_sends_nothing(simulated_place: Place) -> None:
    provider = Scripted(Piece("x"))
    kept: list[Report] = []
    seen = ended(Run(QUESTION, simulated_place, provider, kept.append, only_prompt=True))
    assert seen.prompt
    assert seen.report is None
    assert kept == provider.prompts == []


def test_a_run_that_was_lost_leaves_no_thread(simulated_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "LOST_SECONDS", 0.0)
    before = {thread.ident for thread in threading.enumerate()}
    run = Run(QUESTION, simulated_place, Scripted(*[Piece("x ")] * 50), lambda _: None)
    run.start()
    assert run.wait(SECONDS)
    for thread in threading.enumerate():
        if thread.ident not in before and thread.name == "insights":
            thread.join(SECONDS)
            assert not thread.is_alive()


def _is_a_provider(scripted: Scripted) -> Provider:
    return scripted
