"""Making groups and connections from YAML."""

import re
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.functions import FunctionHere
from tests.support.local_fivetran import CannedFunctions, local_fivetran

ROOT = Path(__file__).parents[3]
URL = "http://127.0.0.1:9"


SIMULATED = {"api_key": "hed_simulated", "base_url": "http://127.0.0.1:8900"}
FUNCTIONS = CannedFunctions(
    FunctionHere("hed", "hed", "http://127.0.0.1:9", running=True, configuration=SIMULATED),
    FunctionHere("users", "people", "http://127.0.0.1:9", running=True),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with local_fivetran(tmp_path_factory.mktemp("files"), control=True, functions=FUNCTIONS) as running:
        yield running


@pytest.fixture
def fivetran(server):
    yield server
    server.control("POST", "reset")


def seed(fivetran, text):
    headers = {"X-Control-Token": fivetran.control_token}
    data = text.encode() if isinstance(text, str) else text
    return requests.post(f"{fivetran.url}/_local/seed", data=data, headers=headers, timeout=10)


def test_groups_and_connections_are_made_as_somebody_would_by_hand(fivetran):
    answer = seed(
        fivetran,
        f"""
groups: [Second]
connections:
  - schema: hed
    function: hed
    secrets: {{api_key: a-secret-key}}
    custom_payloads: {{campus: north}}
  - schema: other
    trigger: {URL}
    group: Second
    paused: false
    schedule_type: manual
    sync_frequency: 1440
    daily_sync_time: "07:30"
""",
    )
    assert answer.status_code == 201, answer.text
    made = answer.json()
    [first, second] = made["connections"]
    assert (first["schema"], second["schema"], second["group"]) == ("hed", "other", "Second")
    hed = fivetran.get(f"/v1/connections/{first['id']}")
    assert (hed["schema"], hed["paused"], hed["group_id"]) == ("hed", True, fivetran.group_id)
    assert hed["config"]["secrets_list"] == [{"key": "api_key", "value": "******"}]
    assert hed["config"]["custom_payloads"] == [{"key": "campus", "value": "north"}]
    other = fivetran.get(f"/v1/connections/{second['id']}")
    assert other["group_id"] == made["groups"]["Second"]
    assert (other["paused"], other["schedule_type"], other["sync_frequency"]) == (False, "manual", 1440)
    assert other["daily_sync_time"] == "07:30"
    settings = fivetran.local.connections.settings(first["id"])
    assert settings.config["function_trigger"] == "http://127.0.0.1:9"
    assert settings.setup_tests == (), "a paused one is not tested"
    assert fivetran.local.connections.settings(second["id"]).setup_tests, "one that is to sync is"


def test_a_simulated_source_gives_its_settings_and_what_is_written_counts_more(fivetran):
    answer = seed(fivetran, CONNECTION + "    function: hed\n    simulate: true\n    secrets: {api_key: mine}")
    [made] = answer.json()["connections"]
    secrets = fivetran.local.connections.settings(made["id"]).config["secrets_list"]
    assert {pair["key"]: pair["value"] for pair in secrets} == {**SIMULATED, "api_key": "mine"}
    assert "hed_simulated" not in answer.text


def test_connections_of_one_name_in_two_groups_are_told_apart(fivetran):
    second = "  - schema: hed\n    function: hed\n    group: Second\n"
    answer = seed(fivetran, "groups: [Second]\n" + CONNECTION + "    function: hed\n" + second)
    first, second = answer.json()["connections"]
    assert first["schema"] == second["schema"] == "hed"
    assert first["group"] != second["group"] == "Second"
    assert first["id"] != second["id"]


def test_a_group_of_that_name_is_used_and_not_made_twice(fivetran):
    first = seed(fivetran, "groups: [Second]").json()["groups"]["Second"]
    assert seed(fivetran, "groups: [Second]").json()["groups"]["Second"] == first


CONNECTION = "connections:\n  - schema: hed\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("connections: [", "seed.yaml:2: not YAML"),
        ("connections: 1", "seed.yaml:1: 'connections' is 1: expected a list of connections"),
        ("", "seed.yaml:1: "),
        ("conections: []", "seed.yaml:1: the file has no key 'conections': did you mean connections?"),
        (CONNECTION + "    pausd: true", "seed.yaml:3: "),
        (CONNECTION, "seed.yaml:2: give either function, a name of deploy.yaml, or trigger, an address"),
        (CONNECTION + "    function: hd", "seed.yaml:2: there is no function of that name: did you mean hed?"),
        (
            CONNECTION + "    function: users\n    simulate: true",
            "users is not simulated: serve --simulate people does",
        ),
        (
            CONNECTION + "    trigger: http://127.0.0.1:9\n    simulate: true",
            "seed.yaml:2: simulate goes with function",
        ),
        ("groups: [New]\n" + CONNECTION + "    function: hed\n  - schema: b\n    function: hd", "seed.yaml:5: "),
        (CONNECTION + "    trigger: nonsense", "seed.yaml:2: config.function_trigger: "),
        (CONNECTION + "    trigger: http://127.0.0.1:9\n    group: Lokal", "there is no group of that name"),
        (
            CONNECTION + "    function: hed\n    sync_frequency: 7",
            "seed.yaml:4: sync_frequency: expected one of 1, 5, ",
        ),
        (
            CONNECTION + "    function: hed\n    daily_sync_time: '07:30'",
            "seed.yaml:4: daily_sync_time: it goes with a sync_frequency of 1440 only",
        ),
        (
            CONNECTION + "    function: hed\n    daily_sync_time: '25:30'",
            "seed.yaml:4: daily_sync_time: expected HH:MM, ",
        ),
        ("connections:\n  - schema: 'a b'\n    function: hed", "seed.yaml:2: config.schema: "),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_nothing_is_made(fivetran, text, message):
    answer = seed(fivetran, text)
    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert "\n" not in answer.json()["message"]
    assert fivetran.get("/v1/connections")["items"] == []
    assert len(fivetran.get("/v1/groups")["items"]) == 1


def test_a_secret_that_is_no_text_is_not_quoted(fivetran):
    answer = seed(fivetran, CONNECTION + "    function: hed\n    secrets: {api_key: 123456789}")
    assert answer.status_code == 400
    assert "123456789" not in answer.text


def test_two_connections_of_one_name_in_a_group_are_refused(fivetran):
    twice = CONNECTION + "    function: hed\n  - schema: hed\n    function: hed\n"
    answer = seed(fivetran, twice)
    assert answer.status_code == 400
    assert "seed.yaml:4: schema: the group has a connection 'hed' already" in answer.json()["message"]
    assert fivetran.get("/v1/connections")["items"] == []
    seed(fivetran, CONNECTION + "    function: hed")
    again = seed(fivetran, "groups: [New]\n" + CONNECTION + "    function: hed")
    assert "seed.yaml:3: schema: the group has a connection 'hed' already" in again.json()["message"]
    assert len(fivetran.get("/v1/groups")["items"]) == 1


def test_a_text_beyond_any_size_is_refused(fivetran):
    assert seed(fivetran, "#" * 10_000_000).status_code == 400


@given(text=st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_nothing_that_is_sent_breaks_the_server(server, text):
    assert seed(server, text if isinstance(text, bytes) else text.encode("utf-8", "replace")).status_code in (201, 400)


def test_the_seed_in_the_documentation_is_legal(fivetran):
    (example,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "serve.md").read_text(), re.DOTALL)
    answer = seed(fivetran, example)
    assert answer.status_code == 201, answer.text
    assert [made["schema"] for made in answer.json()["connections"]] == ["hed", "hed"]
