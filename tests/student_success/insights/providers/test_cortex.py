"""Snowflake Cortex, against a session that only remembers what it was asked: no Snowflake runs here, and its stand-in
has no Cortex. These are unit tests of what is bound and of how answers and errors are read; they say nothing of the
real service."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cohort.cohort import Place
from insights.providers import cortex
from insights.providers.protocol import CUT, MOST_CHARACTERS, MOST_TOKENS, Piece, Prompt, ProviderError
from warehouse.duckdb_file import DuckDBFile
from warehouse.errors import WarehouseError
from warehouse.protocol import Statement, TableName
from warehouse.query import Row

PROMPT = Prompt("Only use the figures.", "major ' \"; DROP TABLE x; -- {0} %s ?", "1")
TABLE = TableName("HED", "HED_RECORDS", "DB")


@dataclass
class Recording:
    """A warehouse that answers each statement with the next of its answers."""

    answers: list[object]
    asked: list[Statement] = field(default_factory=list)
    dialect: str = "snowflake"
    place: str = "Snowflake account ab12345"

    @contextmanager
    def connect(self) -> Iterator["Recording"]:
        yield self

    def rows(self, statement: Statement) -> list[Row]:
        self.asked.append(statement)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [{"answer": answer}]


def details(text: object = "GPA is 2.91.", tokens: object = 34) -> str:
    usage = {"prompt_tokens": 812, "completion_tokens": tokens, "total_tokens": 846}
    return json.dumps({"choices": [{"messages": text}], "created": 1, "model": "m", "usage": usage})


def never() -> bool:
    return False


def written(*answers: object, stopped: Callable[[], bool] = never) -> tuple[list[Piece], list[Statement]]:
    warehouse = Recording(list(answers))
    provider = cortex.from_place(Place(warehouse, TABLE))
    assert provider is not None
    return list(provider.write(PROMPT, "llama'; --", stopped)), warehouse.asked


def failure(*answers: object) -> str:
    with pytest.raises(ProviderError) as raised:
        written(*answers)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_model_and_prompt_are_bound_and_never_in_the_text() -> None:
    pieces, [asked] = written(details())
    assert pieces == [Piece("GPA is 2.91.", 812, 34)]
    assert asked == Statement(
        "SELECT AI_COMPLETE(model => ?, prompt => ?,"
        f" model_parameters => {{'temperature': 0, 'max_tokens': {MOST_TOKENS}}}, show_details => TRUE) AS answer",
        ["llama'; --", f"{PROMPT.rules}\n\n{PROMPT.question}"],
    )


@pytest.mark.parametrize(
    "first",
    [
        None,
        WarehouseError("Snowflake: 002140 (42601): SQL compilation error: Unknown function AI_COMPLETE"),
        WarehouseError("Snowflake: 001023: SQL compilation error: invalid argument SHOW_DETAILS"),
    ],
)
def test_where_the_newest_function_is_not_there_or_says_nothing_its_older_sister_is_asked(first: object) -> None:
    pieces, [_, asked] = written(first, details())
    assert pieces == [Piece("GPA is 2.91.", 812, 34)]
    options = f"{{'temperature': 0, 'max_tokens': {MOST_TOKENS}}}"
    assert asked.text == f"SELECT SNOWFLAKE.CORTEX.COMPLETE(?, PARSE_JSON(?), {options}) AS answer"
    model, messages = asked.parameters
    assert model == "llama'; --"
    assert json.loads(messages) == [
        {"role": "system", "content": PROMPT.rules},
        {"role": "user", "content": PROMPT.question},
    ]


def test_an_answer_without_details_is_text() -> None:
    assert written("GPA is 2.91.")[0] == [Piece("GPA is 2.91.")]


def test_an_overloaded_service_is_asked_once_more() -> None:
    busy = WarehouseError("Request failed for external function COMPLETE with remote service error: 503 'busy'")
    assert written(busy, details())[0] == [Piece("GPA is 2.91.", 812, 34)]
    assert "is overloaded: try again" in failure(busy, busy)


def test_a_cut_answer_says_so() -> None:
    assert written(details(tokens=MOST_TOKENS))[0][0].text == f"GPA is 2.91.{CUT}"
    assert written(details("y" * (MOST_CHARACTERS + 1)))[0][0].text == "y" * MOST_CHARACTERS + CUT


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((None, None), "answered nothing"),
        ((details(" "),), "answered without a word"),
        ((details(None),), "no answer of a model"),
        (("{}",), "no answer of a model"),
        ((None, WarehouseError("service error: 400 'unknown model \"x\"'")), "has no model llama'; -- for this role"),
        ((WarehouseError("Model llama is unavailable in this region"),), "let an administrator allow cross-region"),
        ((WarehouseError("Insufficient privileges to operate on function"),), "DATABASE ROLE SNOWFLAKE.CORTEX_USER"),
        ((None, WarehouseError("Unknown function SNOWFLAKE.CORTEX.COMPLETE")), "DATABASE ROLE SNOWFLAKE.CORTEX_USER"),
        ((WarehouseError("Statement reached its timeout"),), "did not answer: Statement reached its timeout"),
        ((RuntimeError("strange"),), "could not ask Cortex (RuntimeError)"),
    ],
)  # fmt: skip
def test_a_failure_says_what_the_account_lacks(answers: tuple[object, ...], words: str) -> None:
    assert words in failure(*answers)


def test_stop_does_not_wait_for_the_warehouse() -> None:
    over = threading.Event()

    class Silent(Recording):
        def rows(self, statement: Statement) -> list[Row]:
            over.wait(30)
            return [{"answer": "late"}]

    provider = cortex.Cortex(Silent([]))
    try:
        answers = iter([False, True])
        assert list(provider.write(PROMPT, "m", lambda: next(answers))) == []
    finally:
        over.set()


def test_it_is_there_only_where_the_records_are_in_snowflake(tmp_path: Path) -> None:
    assert cortex.from_place(Place(DuckDBFile(tmp_path / "warehouse.db"), TableName("hed", "hed_records"))) is None


def test_an_account_names_its_own_models() -> None:
    place = Place(Recording([]), TABLE)
    named = cortex.from_place(place, {"STUDENT_SUCCESS_CORTEX_MODELS": "small, large,"})
    assert named is not None
    assert named.models() == ("small", "large")
    usual = cortex.from_place(place)
    assert usual is not None
    assert usual.models() == cortex.MODELS
