"""Every verb against the real REST API over real connections: a function over HTTP, sync processes, DuckDB."""

import json
import re
from types import SimpleNamespace

import pytest

from fivetran_local.functions import FunctionHere
from tests.fivetran_local.warehouse_reading import query
from tests.support.connection_answers import SECRET, Command
from tests.support.function_over_http import function_over_http
from tests.support.local_fivetran import CannedFunctions, local_fivetran
from tests.support.waiting import until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """A local Fivetran with one function, `numbers`, that a test may spoil."""
    with function_over_http() as function:
        functions = CannedFunctions(FunctionHere("numbers", "numbers", function.url, running=True))
        with local_fivetran(tmp_path_factory.mktemp("local"), functions=functions) as served:
            yield SimpleNamespace(url=served.url, warehouse=served.warehouse, function=function)


@pytest.fixture
def command(local, capfd, monkeypatch):
    return Command(capfd, monkeypatch).at(local.url)


@pytest.fixture
def configuration(tmp_path):
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps({"api_key": SECRET}))
    return file


@pytest.fixture
def made(local, command, configuration, request):
    """A connection that was made by the verb and has not synced, named for its test."""
    schema = re.sub(r"\W", "_", request.node.name)[-40:].strip("_0123456789").lower()
    done = command("create", "numbers", "--schema", schema, "--configuration", configuration)
    assert done.code == 0, done.err
    yield schema
    command("delete", schema, "--yes")


def synced(command, schema):
    done = command("sync", schema, "--unpause", "--wait", "--timeout", "60")
    assert done.code == 0, done.err


def data(command, schema):
    return json.loads(command("status", schema, "--json").out)


@pytest.mark.slow
def test_a_connection_from_its_making_to_its_end(local, command, configuration):
    done = command("create", "numbers", "--configuration", configuration)
    assert done.code == 0, done.err
    found = data(command, "numbers")
    assert (found["paused"], found["status"]["setup_state"], found["succeeded_at"]) == (True, "connected", None)
    assert SECRET not in json.dumps(found)
    assert done.out.startswith(f"{found['id']} is made, paused: {local.url}/connections/{found['id']}\n")
    assert "passed   Reaching the function" in done.out

    assert command("test", "numbers").code == 0
    done = command("sync", "numbers", "--wait")
    assert done.code == 1
    assert "numbers is paused" in done.err
    done = command("sync", "numbers", "--unpause", "--wait", "--timeout", "60")
    assert done.code == 0, done.err
    assert query(local.warehouse, "SELECT count(*) FROM numbers.numbers") == [(30,)]

    listed = [line for line in command("list").out.splitlines() if " numbers " in line]
    assert "connected" in listed[0]
    assert "ago)" in listed[0] or "(now)" in listed[0]

    assert json.loads(command("state", "get", "numbers").out) == {"page": 3}
    assert command("pause", "numbers").code == 0
    assert data(command, "numbers")["paused"]
    assert command("unpause", "numbers").code == 0
    assert command("delete", "numbers", "--yes").code == 0
    assert command("status", "numbers").code == 2
    assert query(local.warehouse, "SELECT count(*) FROM numbers.numbers") == [(30,)]


@pytest.mark.slow
def test_making_and_starting_in_one_go(local, command, configuration):
    words = ("--schema", "one_go", "--configuration", configuration, "--start", "--wait")
    done = command("create", "numbers", *words)
    assert done.code == 0, done.err
    assert "one_go succeeded at" in done.out
    assert query(local.warehouse, "SELECT count(*) FROM one_go.numbers") == [(30,)]
    assert command("delete", "one_go", "--yes").code == 0


def test_a_name_that_is_taken_is_fivetrans_refusal(command, configuration, made):
    done = command("create", "numbers", "--schema", made, "--configuration", configuration)
    assert done.code == 1
    assert f"the group has a connection '{made}' already" in done.err


@pytest.mark.slow
def test_a_state_goes_back_and_the_next_sync_reads_from_there(local, command, made, tmp_path):
    synced(command, made)
    file = tmp_path / "state.json"
    file.write_text('{"page": 1}')
    done = command("state", "set", made, file, "--pause")
    assert done.code == 0, done.err
    assert done.out == "~ page: 3 -> 1\n"
    assert not data(command, made)["paused"]
    local.function.requests.clear()
    synced(command, made)
    assert local.function.requests[0]["state"] == {"page": 1}


@pytest.mark.slow
def test_a_sync_that_runs_is_waited_for_and_keeps_the_state_from_being_set(local, command, made, tmp_path):
    file = tmp_path / "state.json"
    file.write_text('{"page": 1}')
    local.function.held_from = 1
    local.function.release.clear()
    try:
        assert command("sync", made, "--unpause").code == 0
        until(lambda: data(command, made)["status"]["sync_state"] == "syncing")
        done = command("state", "set", made, file)
        assert done.code == 1
        assert "409 " in done.err
        assert "connection pause" in done.err
        done = command("sync", made, "--wait", "--timeout", "1")
        assert done.code == 1
        assert "a sync runs already" in done.err
        assert "the sync goes on without us" in done.err
    finally:
        local.function.held_from = None
        local.function.release.set()
    done = command("sync", made, "--wait", "--timeout", "60")
    assert done.code == 0, done.err


def test_a_sync_that_fails_says_why(local, command, made):
    local.function.failing = (500, {"errorMessage": "the source is away", "errorType": "SourceError", "stackTrace": []})
    try:
        done = command("sync", made, "--unpause", "--wait", "--timeout", "60")
    finally:
        local.function.failing = None
    assert done.code == 1
    assert f"the sync of {made} failed: " in done.err
    assert "the source is away" in done.err


def test_setup_tests_that_fail_say_why(local, command, made):
    local.function.failing = (500, {"errorMessage": "wrong key", "errorType": "CredentialsError", "stackTrace": []})
    try:
        done = command("test", made)
    finally:
        local.function.failing = None
    assert done.code == 1
    assert "wrong key" in done.out
    assert re.search(r"failed +Calling the function", done.out)


@pytest.mark.slow
def test_a_resync_begins_with_an_empty_state(local, command, made):
    synced(command, made)
    local.function.requests.clear()
    done = command("resync", made, "--yes", "--wait", "--timeout", "60")
    assert done.code == 0, done.err
    assert local.function.requests[0]["state"] == {}


@pytest.mark.slow
def test_tables_are_left_out_and_taken_in_again(command, made):
    before = command("schemas", "show", made)
    assert before.code == 1
    assert "404 NotFound_SchemaConfig" in before.err
    synced(command, made)
    assert "on     numbers" in command("schemas", "show", made).out
    assert command("schemas", "disable", made, made, "numbers").code == 0
    assert "off    numbers" in command("schemas", "show", made).out
    done = command("schemas", "enable", made, made, "numbers")
    assert (done.code, done.out) == (0, f"{made}.numbers is synced\n")
    assert command("schemas", "disable", made, made, "numbers", "name").code == 0
    assert "off      name" in command("schemas", "show", made).out
    done = command("schemas", "disable", made, made, "numbers", "id")
    assert done.code == 1
    assert "cannot be disabled" in done.err
    assert command("schemas", "reload", made).code == 0


def test_a_connect_card_has_a_link_of_the_local_fivetran(local, command, made):
    done = command("connect-card", made, "--redirect-uri", "https://example.com/done")
    assert done.code == 0, done.err
    assert done.out.startswith(f"{local.url}/connect-card?auth=")


def test_wrong_credentials_are_401_and_one_line(command, monkeypatch):
    monkeypatch.setenv("FIVETRAN_API_KEY", "another-key")
    done = command("list")
    assert done.code == 1
    assert re.match(r"fivetran: Fivetran answered 401 AuthFailed: .*`\./fivetran serve`", done.err)


def test_a_service_that_does_not_run_here_is_kept_and_says_why(command, monkeypatch):
    for name, value in (("FUNCTION", "f"), ("REGION", "us-east-1"), ("ROLE_ARN", SECRET)):
        monkeypatch.setenv(f"FIVETRAN_{name}", value)
    done = command("create", "lambda_export", "--service", "aws_lambda")
    assert done.code == 1
    assert "failed   Running here" in done.out
    assert command("delete", "lambda_export", "--yes").code == 0


@pytest.mark.slow
def test_every_page_of_many_connections_is_listed(command, monkeypatch, made):
    from fivetran_tools.fivetran_api import client

    monkeypatch.setattr(client, "PAGE_ITEMS", 1)
    for name in ("FUNCTION_TRIGGER", "CONFIGURATION"):
        monkeypatch.delenv(f"FIVETRAN_{name}", raising=False)
    second = command("create", "numbers", "--schema", "page_two", "--custom-payload", "a=1")
    assert second.code == 0, second.err
    found = [connection["schema"] for connection in json.loads(command("list", "--json").out)]
    assert found == sorted([made, "page_two"])
    assert command("delete", "page_two", "--yes").code == 0
