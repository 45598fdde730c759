"""Where the student records are: by what the platform gives, and in one line what it lacks."""

import re
from typing import Any

import pytest

import settings
from settings import place_of
from warehouse.bigquery import BigQuery
from warehouse.databricks import Databricks
from warehouse.duckdb_file import DuckDBFile
from warehouse.errors import WarehouseError
from warehouse.protocol import TableName
from warehouse.snowflake import Snowflake

SECRET = "s3cret-Tok3n"
SNOWFLAKE = {"account": "org-acct", "user": "app", "role": "reader", "private_key_file": "key.p8", "password": SECRET}
APP = {
    "DATABRICKS_HOST": "https://dbc-1.cloud.databricks.com/",
    "DATABRICKS_WAREHOUSE_ID": "abc123",
    "DATABRICKS_CLIENT_ID": "client",
    "DATABRICKS_CLIENT_SECRET": SECRET,
    "UC_CATALOG": "main",
    "UC_SCHEMA": "hed",
    "UC_TABLE": "hed_records",
}


def choose(kind: str, **more: str) -> dict[str, str]:
    return {"STUDENT_SUCCESS_WAREHOUSE": kind, **more}


def test_with_nothing_set_it_is_this_machines_file() -> None:
    place = place_of({}, {})
    assert isinstance(place.warehouse, DuckDBFile)
    assert (str(place.warehouse.path), place.table) == ("files/warehouse.db", TableName("hed", "hed_records"))


def test_a_file_and_a_table_may_be_named() -> None:
    place = place_of({"STUDENT_SUCCESS_FILE": "/data/w.db", "STUDENT_SUCCESS_TABLE": 'school."My ""Table"".x"'}, {})
    assert (str(place.warehouse.place), place.table) == ("/data/w.db", TableName("school", 'My "Table".x'))


@pytest.mark.parametrize(
    ("words", "table"),
    [
        ("hed.hed_records", TableName("HED", "HED_RECORDS")),
        ("lake.hed.hed_records", TableName("HED", "HED_RECORDS", "LAKE")),
        ('lake."hed".hed_records', TableName("hed", "HED_RECORDS", "LAKE")),
    ],
)
def test_snowflake_has_what_is_not_quoted_in_upper_case(words: str, table: TableName) -> None:
    place = place_of(choose("snowflake", STUDENT_SUCCESS_TABLE=words), {"snowflake": SNOWFLAKE})
    assert isinstance(place.warehouse, Snowflake)
    assert place.table == place.warehouse.watched == table
    assert place.warehouse.place == "Snowflake account org-acct, role reader"


def test_within_snowflake_no_login_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings.snowpark, "is_given", lambda: True)
    place = place_of({}, {})
    assert (place.warehouse.dialect, place.table) == ("snowflake", TableName("HED", "HED_RECORDS"))


def test_a_container_of_snowflakes_is_known_by_its_token(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    monkeypatch.setattr(settings, "TOKEN", token)
    assert place_of({"SNOWFLAKE_HOST": "x.snowflakecomputing.com"}, {}).warehouse.dialect == "duckdb"
    token.write_text("token")
    assert place_of({"SNOWFLAKE_HOST": "x.snowflakecomputing.com"}, {}).warehouse.dialect == "snowflake"


def test_a_databricks_app_is_told_all_by_its_environment() -> None:
    place = place_of(APP, {})
    assert isinstance(place.warehouse, Databricks)
    assert place.table == TableName("hed", "hed_records", "main")
    assert (place.warehouse.host, place.warehouse.http_path) == (
        "dbc-1.cloud.databricks.com",
        "/sql/1.0/warehouses/abc123",
    )
    assert (place.warehouse.client_id, place.warehouse.client_secret, place.warehouse.token) == ("client", SECRET, None)


def test_a_token_in_the_secrets_comes_before_a_service_principal() -> None:
    warehouse = place_of(APP, {"databricks": {"token": "t"}}).warehouse
    assert isinstance(warehouse, Databricks)
    assert (warehouse.client_id, warehouse.client_secret, warehouse.token) == (None, None, "t")


def test_bigquerys_project_is_the_tables_unless_another_pays() -> None:
    table = {"STUDENT_SUCCESS_TABLE": "data-1.hed.hed_records"}
    place = place_of(choose("bigquery", **table), {})
    assert isinstance(place.warehouse, BigQuery)
    assert (place.table, place.warehouse.project) == (TableName("hed", "hed_records", "data-1"), "data-1")
    secrets = {"bigquery": {"project": "payer", "location": "EU", "maximum_bytes_billed": 5}}
    warehouse = place_of(choose("bigquery", **table), secrets).warehouse
    assert isinstance(warehouse, BigQuery)
    assert (warehouse.project, warehouse.location, warehouse.most_bytes) == ("payer", "EU", 5)


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


@pytest.mark.parametrize(
    ("environment", "secrets", "words"),
    [
        (choose("oracle"), {}, "STUDENT_SUCCESS_WAREHOUSE=oracle is none that the app knows: duckdb, snowflake"),
        (choose("snowflake"), {}, "snowflake needs account: put it under [snowflake] into .streamlit/secrets.toml"),
        (choose("snowflake"), {"snowflake": without(SNOWFLAKE, "user")}, "snowflake needs user"),
        (choose("snowflake"), {"snowflake": "here"}, "begin it with the line [snowflake]"),
        (choose("snowflake"), {"snowflake": {**SNOWFLAKE, "protocol": "http"}}, "must be https"),
        (without(APP, "DATABRICKS_HOST"), {}, "or set DATABRICKS_HOST"),
        (without(APP, "DATABRICKS_WAREHOUSE_ID"), {}, "or set DATABRICKS_WAREHOUSE_ID, in app.yaml"),
        (without(APP, "DATABRICKS_CLIENT_SECRET"), {}, "databricks needs token"),
        ({**APP, "DATABRICKS_HOST": "http://dbc-1"}, {}, "must be https"),
        (without(APP, "UC_SCHEMA"), {}, "UC_TABLE=hed_records needs UC_SCHEMA as well: set it in app.yaml"),
        (choose("bigquery"), {}, "bigquery needs project"),
        (choose("bigquery"), {"bigquery": {"project": "p", "maximum_bytes_billed": "much"}}, "a whole number of bytes"),
        ({"STUDENT_SUCCESS_TABLE": "hed_records"}, {}, "is no table's name: write it as schema.table"),
        ({"STUDENT_SUCCESS_TABLE": "a.b.c.d"}, {}, "is no table's name"),
        ({"STUDENT_SUCCESS_TABLE": "a..b"}, {}, "is no table's name"),
        ({"STUDENT_SUCCESS_TABLE": "a.b; drop table x"}, {}, "is no table's name"),
        ({"STUDENT_SUCCESS_TABLE": "a.f(x)"}, {}, "is no table's name"),
    ],
)
def test_what_is_missing_is_named_in_one_line_with_where_to_put_it(
    environment: dict[str, str], secrets: dict[str, Any], words: str
) -> None:
    with pytest.raises(WarehouseError, match=re.escape(words)) as caught:
        place_of(environment, secrets)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "secrets"),
    [
        (choose("snowflake"), {"snowflake": SNOWFLAKE}),
        (APP, {}),
        (APP, {"databricks": {"token": SECRET}}),
        (choose("bigquery"), {"bigquery": {"project": "p", "service_account": {"private_key": SECRET}}}),
    ],
    ids=["snowflake", "app", "token", "bigquery"],
)
def test_a_place_does_not_show_its_credentials(environment: dict[str, str], secrets: dict[str, Any]) -> None:
    place = place_of(environment, secrets)
    assert SECRET not in f"{place} {place!r} {place.warehouse.place}"
    assert hash(place) == hash(place_of(environment, secrets))
    assert place == place_of(environment, secrets)
