"""What the insights send to Snowflake, through its own connector to fakesnow, which has no model: a function of the
test's stands in for AI_COMPLETE, so that this shows what arrives and says nothing of the real service."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from cohort.cohort import Place
from insights.history.warehouse_table import WarehouseHistory
from insights.providers import cortex
from insights.providers.protocol import Piece, Prompt, ProviderError
from tests.student_success.warehouse.stand_ins import StandIn, stand_in
from tests.support.reports import report
from tests.support.student_success import filled, simulated
from warehouse.errors import WarehouseError
from warehouse.protocol import Column, Statement, TableName
from warehouse.query import Row

pytestmark = pytest.mark.slow

ECHO = (
    "CREATE FUNCTION ai_complete(model VARCHAR, prompt VARCHAR, model_parameters OBJECT, show_details BOOLEAN)"
    " RETURNS VARCHAR AS (model || chr(10) || prompt)"
)
HOSTILE = "\u2028 ' \" ? :p0 %s {0} <b> \\n; DROP TABLE x; --"


@dataclass
class Remote:
    """A stand-in, as a warehouse in this process."""

    far: StandIn
    place: str = "Snowflake account fakesnow"

    @property
    def dialect(self) -> str:
        return self.far.dialect

    @contextmanager
    def connect(self) -> Iterator["Remote"]:
        yield self

    def version(self) -> str:
        return "1"

    def columns(self, table: TableName) -> tuple[Column, ...]:
        return self.far.ask(table)

    def rows(self, statement: Statement) -> list[Row]:
        return self.far.ask(statement)

    def batches(self, statement: Statement, size: int) -> Iterator[list[Row]]:
        yield from self.far.ask(("batches", statement, size))

    def execute(self, statement: Statement) -> None:
        self.far.ask(("execute", statement))


@pytest.fixture(scope="module")
def snowflake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    folder = tmp_path_factory.mktemp("snowflake")
    with stand_in("snowflake", filled(folder / "warehouse.db", simulated(3)), folder) as far:
        yield Remote(far)


def test_reports_are_kept_in_a_table(snowflake: Remote) -> None:
    history = WarehouseHistory(snowflake, snowflake.far.table.catalog)
    assert history.page(9) == []
    made = [report(number, text=HOSTILE, outcome="stopped") for number in range(3)]
    for each in [*made, made[1]]:
        history.add(each)
    assert history.page(2) == [made[2], made[1]]
    assert history.page(9, made[2], outcome="stopped") == [made[1], made[0]]
    history.delete("report-1")
    assert history.get("report-1") is None
    assert history.get("report-0") == made[0]


def test_a_prompt_arrives_as_it_is(snowflake: Remote) -> None:
    provider = cortex.from_place(Place(snowflake, snowflake.far.table))
    assert provider is not None
    prompt = Prompt("Only use the figures.", HOSTILE, "1")
    with pytest.raises(ProviderError, match=r"Catalog .SNOWFLAKE. does not exist"):  # AI_COMPLETE is not there either
        list(provider.write(prompt, "llama", lambda: False))
    with suppress(WarehouseError):  # fakesnow makes the function, and then cannot describe that it did
        snowflake.execute(Statement(ECHO, []))
    answer = list(provider.write(prompt, "llama", lambda: False))
    assert answer == [Piece(f"llama\n{prompt.rules}\n\n{prompt.question}")]
