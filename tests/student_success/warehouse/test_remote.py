"""The adapters of the remote warehouses, through the vendors' own clients, on what stands in for each."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.student_success.warehouse.stand_ins import StandIn
from tests.support.client_environments import client_python
from tests.support.student_success import ROOT
from warehouse import dialects
from warehouse.errors import WarehouseError
from warehouse.protocol import Statement, TableName
from warehouse.query import Query

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

IDS = Query("select record_id from records order by record_id")


def statement(remote: StandIn, query: Query) -> Statement:
    columns = remote.ask(remote.table)
    return dialects.statement(query, dialect=remote.dialect, table=remote.table, columns=columns)


def test_a_version_is_when_the_newest_row_came_and_how_many_there_are(remote: StandIn) -> None:
    assert remote.ask(("version",)) == "2025-09-01 12:00:00+00:00:600"


def test_a_table_that_is_not_there_has_no_columns(remote: StandIn) -> None:
    assert remote.ask(TableName(remote.table.schema, "NOTHING", remote.table.catalog)) == ()


def test_times_are_in_utc_and_whole_numbers_whole(remote: StandIn) -> None:
    sql = "select max(_fivetran_synced) as t, count(*) as n, sum(credit_hours_earned) as s, 1.5 as x from records"
    [row] = remote.ask(statement(remote, Query(sql)))
    assert row["t"] == datetime(2025, 9, 1, 12, tzinfo=UTC)
    assert row["t"].utcoffset().total_seconds() == 0
    assert (row["n"], row["x"]) == (600, 1.5)


def test_a_long_answer_comes_in_batches(remote: StandIn) -> None:
    batches = remote.ask(("batches", statement(remote, IDS), 250))
    assert [len(batch) for batch in batches] == [250, 250, 100]
    assert [row for batch in batches for row in batch] == remote.ask(statement(remote, IDS))


def test_hostile_text_is_bound_and_comes_back_as_it_was(remote: StandIn) -> None:
    text = "'; drop table x; -- \\ \" ` ? :p @p $p %s {} \n <script> ✓ 🎓"
    query = Query("select max(:text) as said, count(*) as n from records where record_id <> :text", {"text": text})
    assert remote.ask(statement(remote, query)) == [{"said": text, "n": 600}]


def test_a_question_that_fails_is_one_line_that_names_the_place(remote: StandIn) -> None:
    bound = [] if remote.dialect == "snowflake" else {}
    with pytest.raises(WarehouseError, match=rf"(?i){remote.dialect} .*nope") as caught:
        remote.ask(Statement("SELECT nope FROM hed.hed_records", bound))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert len(remote.ask(statement(remote, IDS))) == 600


def test_what_is_written_is_there_for_the_next(remote: StandIn) -> None:
    bound = ["a'b"] if remote.dialect == "snowflake" else {"text": "a'b"}
    sign = "?" if remote.dialect == "snowflake" else ":text"
    none = [] if remote.dialect == "snowflake" else {}
    remote.ask(("execute", Statement("CREATE TABLE hed.kept (word STRING)", none)))
    remote.ask(("execute", Statement(f"INSERT INTO hed.kept VALUES ({sign})", bound)))
    assert remote.ask(Statement("SELECT * FROM hed.kept", none)) == [{"word": "a'b"}]


@pytest.mark.parametrize("remote", ["snowflake"], indirect=True)
def test_snowparks_active_session_answers_the_same(remote: StandIn) -> None:
    query = Query("select record_id, current_gpa as gpa from records where current_gpa > :x order by 1", {"x": 3.5})
    asked = statement(remote, query)
    assert remote.ask(("active session", asked)) == remote.ask(asked)


def test_bigquerys_client_is_asked_with_typed_parameters_and_a_limit_of_bytes(tmp_path: Path) -> None:
    """Google's own client, over HTTP, to a stand-in that runs no SQL."""
    done = subprocess.run(
        [client_python("student_success/warehouse"), Path(__file__).with_name("use_bigquery.py")],
        env={"PYTHONPATH": str(ROOT / "apps" / "student_success"), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert not done.returncode, done.stderr
    seen = json.loads(done.stdout)
    kinds = ["text", "integer", "number", "number", "boolean", "date", "time", "time"]
    assert [kind for _, kind in seen["columns"]] == kinds
    assert (seen["missing"], seen["batches"]) == ([], [2])
    first, second = seen["rows"]
    assert list(first.values()) == [
        "a", 7, 1.5, 2.25, True, "datetime.date(2025, 9, 1)", "datetime.datetime(2025, 9, 1, 12, 0)",
        "datetime.datetime(2025, 9, 1, 12, 0, tzinfo=datetime.timezone.utc)",
    ]  # fmt: skip
    assert set(second.values()) == {None}
    asked = seen["asked"][0]
    types = {item["name"]: item["parameterType"]["type"] for item in asked["query"]["queryParameters"]}
    assert types == {
        "s": "STRING", "i": "INT64", "f": "FLOAT64", "b": "BOOL", "d": "DATE", "t": "DATETIME", "n": "STRING",
    }  # fmt: skip
    assert (asked["query"]["maximumBytesBilled"], asked["jobTimeoutMs"]) == ("1000", "120000")
    assert seen["error"].startswith("BigQuery project payer: 403 ")
    assert seen["error"].endswith("Access Denied: bigquery.jobs.create second line")
