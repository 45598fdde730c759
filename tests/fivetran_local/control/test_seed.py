"""Making groups and connections from YAML."""

import re
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.support.local_fivetran import local_fivetran

ROOT = Path(__file__).parents[3]
URL = "http://127.0.0.1:9"


class OneFunction:
    def addresses(self):
        return {"hed": "http://127.0.0.1:8801"}

    def described(self):
        return ()

    def ready(self, url):
        return None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with local_fivetran(tmp_path_factory.mktemp("files"), control=True, functions=OneFunction()) as running:
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
    hed = fivetran.get(f"/v1/connections/{made['connections']['hed']}")
    assert (hed["schema"], hed["paused"], hed["group_id"]) == ("hed", True, fivetran.group_id)
    assert hed["config"]["secrets_list"] == [{"key": "api_key", "value": "******"}]
    assert hed["config"]["custom_payloads"] == [{"key": "campus", "value": "north"}]
    other = fivetran.get(f"/v1/connections/{made['connections']['other']}")
    assert other["group_id"] == made["groups"]["Second"]
    assert (other["paused"], other["schedule_type"], other["sync_frequency"]) == (False, "manual", 1440)
    assert other["daily_sync_time"] == "07:30"
    settings = fivetran.local.connections.settings(made["connections"]["hed"])
    assert settings.config["function_trigger"] == "http://127.0.0.1:8801"


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
        (CONNECTION + "    trigger: nonsense", "seed.yaml:2: config.function_trigger: "),
        (CONNECTION + "    trigger: http://127.0.0.1:9\n    group: Lokal", "there is no group of that name"),
        (CONNECTION + "    function: hed\n    sync_frequency: 7", "seed.yaml:4: "),
        (CONNECTION + "    function: hed\n    daily_sync_time: '07:30'", "daily_sync_time goes with"),
        (CONNECTION + "    function: hed\n    daily_sync_time: '25:30'", "seed.yaml:4: "),
        ("connections:\n  - schema: 'a b'\n    function: hed", "seed.yaml:2: config.schema: "),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_nothing_is_made(fivetran, text, message):
    answer = seed(fivetran, text)
    assert answer.status_code == 400
    assert message in answer.json()["message"]
    assert "\n" not in answer.json()["message"]
    assert fivetran.get("/v1/connections")["items"] == []


def test_a_secret_that_is_no_text_is_not_quoted(fivetran):
    answer = seed(fivetran, CONNECTION + "    function: hed\n    secrets: {api_key: 123456789}")
    assert answer.status_code == 400
    assert "123456789" not in answer.text


def test_two_connections_of_one_name_in_a_group_are_refused_and_the_first_stays(fivetran):
    twice = CONNECTION + "    function: hed\n  - schema: hed\n    function: hed\n"
    answer = seed(fivetran, twice)
    assert answer.status_code == 400
    assert "seed.yaml:4: config.schema: the group has a connection 'hed' already" in answer.json()["message"]
    assert len(fivetran.get("/v1/connections")["items"]) == 1


def test_a_text_beyond_any_size_is_refused(fivetran):
    assert seed(fivetran, "#" * 10_000_000).status_code == 400


@given(text=st.one_of(st.binary(max_size=60), st.text(max_size=60)))
def test_nothing_that_is_sent_breaks_the_server(server, text):
    assert seed(server, text if isinstance(text, bytes) else text.encode("utf-8", "replace")).status_code in (201, 400)


def test_the_seed_in_the_documentation_is_legal(fivetran):
    (example,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "serve.md").read_text(), re.DOTALL)
    answer = seed(fivetran, example)
    assert answer.status_code == 201, answer.text
    assert list(answer.json()["connections"]) == ["hed", "hed_hourly"]
