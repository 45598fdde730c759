"""What the pages do with functions that run on this machine: their addresses, their logs, their simulated sources."""

import pytest

from fivetran_local.functions import FunctionHere
from tests.fivetran_local.pages.conftest import HIDDEN, words_of

SIMULATED = {"api_key": "key-of-the-simulator", "base_url": "http://127.0.0.1:1"}


class FunctionsHere:
    """One function, which says its secret in its log."""

    def __init__(self, url, log) -> None:
        self._here = FunctionHere("hed", "hed", url, running=True, log=log, configuration=SIMULATED)

    def addresses(self):
        return {self._here.name: self._here.url}

    def described(self):
        return [self._here]

    def ready(self, url):
        return None


@pytest.fixture(autouse=True)
def functions_here(connections, function, tmp_path, monkeypatch) -> None:
    log = tmp_path / "function.log"
    log.write_text(f"<b>started</b>\nwith {HIDDEN}\n")
    monkeypatch.setattr(connections, "functions", FunctionsHere(function.url, log))


def test_the_functions_own_log_is_shown_without_secrets_and_markup(reader, home):
    page = reader.get(f"{home}/log").text
    assert "&lt;b&gt;started&lt;/b&gt;" in page
    assert HIDDEN not in page


def test_addresses_are_offered_for_the_trigger_url(reader, function):
    page = reader.get("/connections/new/google_cloud_function").text
    assert f'<option value="{function.url}">hed</option>' in page
    assert function.url in reader.text("/")


def test_a_tick_sends_what_the_simulated_source_needs_and_shows_none_of_it(reader, connections, function):
    form = {"schema": "simulated", "function_trigger": function.url, "simulated": "yes"}
    page = reader.get("/connections/new/google_cloud_function").text
    assert "key-of-the-simulator" not in page
    entered = {"secrets_list.key": ["base_url"], "secrets_list.value": ["http://mine"]}
    made = reader.post("/connections/new/google_cloud_function", **form, **entered)
    connection_id = made.headers["Location"].split("/")[2]
    pairs = connections.settings(connection_id).config["secrets_list"]
    assert pairs == [{"key": "base_url", "value": "http://mine"}, {"key": "api_key", "value": "key-of-the-simulator"}]
    connections.delete(connection_id)


def test_a_tick_for_another_function_is_refused_at_the_trigger_url(reader):
    form = {"schema": "simulated", "function_trigger": "http://127.0.0.1:9/", "simulated": "yes"}
    answer = reader.post("/connections/new/google_cloud_function", **form)
    assert answer.status_code == 422
    assert "the source of no function at this address is simulated" in words_of(answer)
