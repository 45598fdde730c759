"""`./fivetran app`: which records it opens, what it says, and that nothing of it is left behind."""

import json
import os
import signal
import socket
import sys

import duckdb
import psutil
import pytest
import requests

from fivetran_local.catalog import quoted
from fivetran_local.errors import WarehouseError
from fivetran_tools.app.app import AppOptions, Records, _variables, fill_options, records_of
from fivetran_tools.app.student_records import INVENTED, StudentRecords, look, table_named
from fivetran_tools.cli import main
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from settings import place_of
from simulators.hed_api.records import Records as Simulated
from tests.support.running_app import ROOT, running_app
from tests.support.student_success import filled
from tests.support.terminal_command import answered
from tests.support.waiting import until


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    records = Simulated(7)
    return filled(
        tmp_path_factory.mktemp("app") / "warehouse.db", [records.make(index, 0, index) for index in range(3)]
    )


@pytest.fixture
def several(tmp_path):
    """A warehouse of three connections with student records, and one of another kind."""
    path = tmp_path / "several.db"
    with duckdb.connect(str(path)) as database:
        for schema, day in (("hed", "01"), ("autumn", "03"), ("spring", "02")):
            database.execute(f"CREATE SCHEMA {schema}")
            database.execute(
                f"CREATE TABLE {schema}.hed_records AS SELECT 'r' AS record_id, "
                f"TIMESTAMPTZ '2025-09-{day} 12:00:00+00' AS _fivetran_synced"
            )
        database.execute('CREATE SCHEMA "odd name"; CREATE TABLE "odd name".hed_records (a BIGINT)')
        database.execute("CREATE TABLE hed.hed_students AS SELECT 1 AS student_id")
    return path


def opened(path, **options):
    return records_of(Project(ROOT), AppOptions(port=0, warehouse=path, **options))


def refused(words, capfd):
    with pytest.raises(SystemExit) as ended:
        main(["app", *words])
    out, err = capfd.readouterr()
    assert out == ""
    (said,) = err.splitlines()
    return ended.value.code, said


def test_the_newest_synced_of_several_is_opened_and_the_others_are_named(several):
    records = opened(several)
    assert str(records.table) == "autumn.hed_records"
    assert [str(other) for other in records.others] == [
        "spring.hed_records",
        "hed.hed_records",
        '"odd name".hed_records',
    ]
    assert records.table.freshness == "1 record, synced 2025-09-03 12:00 UTC"


def test_a_connection_or_a_table_that_is_named_is_opened_whatever_else_is_newer(several):
    assert str(opened(several, connection="hed").table) == "hed.hed_records"
    assert str(opened(several, table="hed.hed_students").table) == "hed.hed_students"


def test_a_table_that_is_not_there_is_refused_in_one_line_that_names_those_that_are(several, capfd, tmp_path):
    for words in (["--connection", "winter"], ["--table", "winter.hed_records"], ["--connection=winter", "--simulate"]):
        code, said = refused(["--warehouse", str(several), *words], capfd)
        assert code == 2
        assert said.startswith(f"fivetran: {several} has no winter.hed_records; it has autumn.hed_records (1 record, ")
    code, said = refused(["--warehouse", str(tmp_path / "none.db"), "--connection", "winter"], capfd)
    assert (code, said) == (2, f"fivetran: {tmp_path / 'none.db'} has no winter.hed_records; it has no student records")
    assert not (tmp_path / "none.db").exists()


def test_rows_of_the_simulator_are_known_by_the_first_record_that_it_makes(warehouse, several):
    assert Simulated(7).make(0, 0, 0)["record_id"] == INVENTED
    (table,) = look(warehouse)
    assert (table.rows, table.simulated) == (3, True)
    assert not any(table.simulated for table in look(several))
    assert _variables(Records(warehouse, table), 600)["STUDENT_SUCCESS_SIMULATED"] == "1"
    assert _variables(opened(several), 600)["STUDENT_SUCCESS_SIMULATED"] == ""


def test_the_page_is_given_the_words_that_fill_an_empty_warehouse_and_no_other(tmp_path, warehouse):
    empty = opened(tmp_path / "none.db")
    assert empty.table.freshness == "no records yet"
    words = json.loads(_variables(empty, 40)["STUDENT_SUCCESS_FILL"])
    assert words[0] == sys.executable
    assert words[-4:] == ["--rows", "40", "--warehouse", str(tmp_path / "none.db")]
    assert not _variables(opened(warehouse), 40)["STUDENT_SUCCESS_FILL"]


def test_the_folder_that_the_environment_names_has_the_warehouse(tmp_path, warehouse, monkeypatch):
    monkeypatch.setenv("FIVETRAN_LOCAL_FOLDER", str(warehouse.parent))
    assert opened(None).table.rows == 3
    monkeypatch.setenv("FIVETRAN_LOCAL_FOLDER", str(tmp_path))
    assert opened(None).table.rows == 0


def test_invented_records_land_where_the_app_reads_or_not_at_all(tmp_path):
    options = fill_options(opened(tmp_path / "none.db"), 7)
    assert (options.name, options.warehouse, options.simulator_words) == ("hed", tmp_path / "none.db", ("--rows", "7"))
    with pytest.raises(UsageError, match=r"winter\.hed_records is what the app would read"):
        fill_options(Records(tmp_path / "none.db", StudentRecords("winter", "hed_records")), 7)


def test_to_land_only_needs_something_to_land(capfd):
    assert refused(["--land-only"], capfd) == (
        2,
        "fivetran: --land-only needs --simulate: there is nothing else to land",
    )


@pytest.mark.parametrize(
    "words",
    ["hed", "hed.", ".hed_records", "a.b.c", "", "a b.c", "hed.hed_records;drop table x", "a.b'", '"a.b', '"".b'],
)
def test_what_is_no_tables_name_is_wrong_words(words):
    with pytest.raises(UsageError, match=r"such as hed\.hed_records"):
        table_named(words)


@pytest.mark.parametrize("name", ["odd name", "it's", 'a "b"', "a.b;c", "hed"])
def test_a_table_of_any_name_is_found_by_the_words_that_the_app_says_for_it(tmp_path, name):
    with duckdb.connect(str(tmp_path / "w.db")) as database:
        database.execute(f"CREATE SCHEMA {quoted(name)}; CREATE TABLE {quoted(name)}.hed_records (a BIGINT)")
    (table,) = look(tmp_path / "w.db")
    assert look(tmp_path / "w.db", table_named(str(table))) == [table]
    assert place_of(_variables(Records(tmp_path / "w.db", table), 600), {}).table.schema == name


def test_a_connection_and_a_table_exclude_each_other(capfd):
    code, said = refused(["--connection", "hed", "--table", "hed.hed_records"], capfd)
    assert (code, "exclude each other" in said) == (2, True)


def test_a_file_that_is_no_warehouse_is_refused_in_one_line(tmp_path, capfd):
    (tmp_path / "notes.db").write_text("not a warehouse" * 100)
    code, said = refused(["--warehouse", str(tmp_path / "notes.db")], capfd)
    assert (code, "is not a DuckDB file" in said) == (1, True)
    with pytest.raises(WarehouseError):
        look(tmp_path / "notes.db", StudentRecords("hed", "hed_records"))


def test_a_port_that_is_taken_is_refused_in_one_line(warehouse, capfd):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = refused(["--warehouse", str(warehouse), "--port", str(port)], capfd)
    assert (code, said) == (
        1,
        f"fivetran: port {port} of 127.0.0.1 is in use: end the program that has it, or choose another with --port",
    )


def test_it_answers_on_loopback_alone_without_our_credentials_and_ends_with_all_that_it_started(warehouse, monkeypatch):
    for name in ("FIVETRAN_API_SECRET", "AWS_SECRET_ACCESS_KEY", "SNOWFLAKE_PASSWORD", "UC_TABLE"):
        monkeypatch.setenv(name, "not-for-the-app")
    with running_app(warehouse) as app:
        assert app.said == [
            f"StudentSuccess: {app.url} on {warehouse}, hed.hed_records (3 records, synced 2025-09-01 12:00 UTC)"
        ]
        (child,) = psutil.Process(app.pid).children(recursive=True)
        assert {it.laddr.ip for it in child.net_connections("tcp") if it.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
        assert child.environ()["STUDENT_SUCCESS_FILE"] == str(warehouse)
        assert "not-for-the-app" not in child.environ().values()
        assert child.environ()["PATH"] == os.environ["PATH"]
        assert "<title>Streamlit</title>" in requests.get(app.url, timeout=10).text
        assert app.end() == 0
        assert not child.is_running()


def test_killed_outright_it_takes_the_app_with_it(warehouse):
    with running_app(warehouse) as app:
        (child,) = psutil.Process(app.pid).children(recursive=True)
        os.kill(app.pid, signal.SIGKILL)
        until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, 20)


@pytest.mark.slow
def test_on_a_terminal_it_asks_lands_what_is_wanted_and_opens(tmp_path):
    warehouse = tmp_path / "asked.db"
    words = ["app", "--warehouse", str(warehouse), "--port", "0", "--rows", "30", "--no-browser"]
    # "\x03" is what Ctrl-C sends.
    code, shown = answered(
        words, [("Land 30 invented records first? [Y/n]", ""), ("Ctrl-C ends it.", "\x03")], seconds=90
    )
    assert code == 0, shown
    assert "hed.hed_records (30 records, synced " in shown
    (table,) = look(warehouse)
    assert (table.rows, table.simulated) == (30, True)


@pytest.mark.slow
def test_with_simulate_it_lands_records_once(tmp_path):
    for expected in ("simulated source at", "StudentSuccess: "):
        with running_app(tmp_path / "simulated.db", "--simulate", "--rows", "20") as app:
            assert app.said[0].startswith(expected)
            assert "(20 records, " in app.said[-1]


@pytest.mark.slow
def test_off_a_terminal_an_empty_warehouse_is_said_and_opened(tmp_path):
    none = tmp_path / "none.db"
    with running_app(none, "--rows", "1500") as app:
        assert app.said == [
            f"{none} has no student records: the page lands 1,500 invented ones, and so does --simulate",
            f"StudentSuccess: {app.url} on {none}, hed.hed_records (no records yet)",
        ]
    assert not none.exists()
