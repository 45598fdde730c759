"""Recording a function with its source: each exchange has what the source answered in it, and no key."""

import pytest
import requests

from fivetran_local.exchanges import Exchange
from fivetran_local.recording.document import Header, RecordingError
from fivetran_local.recording.files import read_recording
from fivetran_local.recording.recorder import recorder
from tests.support.scripted_source import document, scripted_source

KEY = "hed_0123456789abcdef"
HEADER = Header(connector="hed", build="build", recorded_at="", public_keys=("base_url", "login_url"))


def exchange(number, settings, content=b"{}", **more):
    request = {"state": {}, "secrets": dict(settings)}
    return Exchange(scenario="sync", number=number, request=request, status=200, content=content, **more)


def test_each_exchange_has_the_answers_that_came_in_it_and_the_addresses_that_were_meant(tmp_path):
    with scripted_source(document(["api"])) as api, scripted_source(document(["login"])) as login:
        given = {"api_key": KEY, "base_url": f"{api.url}/v1", "login_url": login.url, "other": "x"}
        with recorder(tmp_path / "r.json", HEADER, given) as recording:
            sent = recording.settings(given)
            assert set(sent) == set(given)
            assert (sent["api_key"], sent["other"]) == (KEY, "x")
            assert sent["base_url"] != given["base_url"]
            for number in (1, 2):
                requests.get(f"{sent['login_url']}/{number}", headers={"X-Api-Key": KEY}, timeout=10)
                requests.get(f"{sent['base_url']}/{number}?k={KEY}", timeout=10)
                recording.keep(exchange(number, sent, log=(f"asked {sent['base_url']}/{number}",)))
    recording = read_recording(tmp_path / "r.json")
    assert set(recording.header.taped) == {api.url, login.url}
    for number, one in enumerate(recording, 1):
        asked = {(answer.url, answer.body) for answer in one.source}
        assert asked == {
            (f"{login.url}/{number}", b'["login"]'), (f"{api.url}/v1/{number}?k=[secret]", b'["api"]'),
        }  # fmt: skip
        assert one.exchange.request["secrets"]["base_url"] == given["base_url"]
        assert one.exchange.log == (f"asked {given['base_url']}/{number}",)
    assert KEY not in (tmp_path / "r.json").read_text()


def test_a_key_that_the_function_has_from_elsewhere_is_hidden_as_well(tmp_path):
    """Its settings may only name where the key is: what it sends to the source in a header is the key itself."""
    found = "from-secret-manager"
    with scripted_source(document({"echo": f"you sent {found}"})) as source:
        given = {"api_key": "projects/p/secrets/s/versions/1", "base_url": source.url}
        with recorder(tmp_path / "r.json", HEADER, given) as recording:
            address = recording.settings(given)["base_url"]
            requests.get(address, headers={"Authorization": f"Bearer {found}"}, timeout=10)
            recording.keep(exchange(1, given, log=(f"with {found}",)))
    assert found not in (tmp_path / "r.json").read_text()


def test_a_key_that_the_source_hands_out_is_hidden_wherever_it_comes_again(tmp_path):
    """A login: its answer holds a token, which the next request carries, and which the function tells by mistake."""
    answer = document({"refresh_token": "handed-out-1", "next": "https://s.test/?session_id=handed-out-2"}, X_Sig="s-3")
    with scripted_source(answer) as source:
        given = {"base_url": source.url}
        with recorder(tmp_path / "r.json", HEADER, given) as recording:
            requests.post(recording.settings(given)["base_url"] + "/login", timeout=10)
            told = b'{"state": {"next": "https://s.test/?session_id=handed-out-2"}, "insert": {"t": ["handed-out-1"]}}'
            recording.keep(exchange(1, given, log=("got handed-out-1",), content=told))
    text = (tmp_path / "r.json").read_text()
    assert "handed-out" not in text
    assert '"x-sig": "[secret]"' in text
    assert '"refresh_token": "[secret]"' in text


def test_several_connections_share_the_proxies(tmp_path):
    with scripted_source(document([])) as api:
        one, other = {"base_url": api.url, "api_key": KEY}, {"base_url": api.url, "api_key": "other-key-0001"}
        with recorder(tmp_path / "r.json", HEADER, one, other) as recording:
            assert recording.settings(one)["base_url"] == recording.settings(other)["base_url"]
            recording.keep(exchange(1, one, log=("other-key-0001",)))
    assert "other-key-0001" not in (tmp_path / "r.json").read_text()


def test_without_the_source_settings_stay_and_there_is_no_tape(tmp_path):
    given = {"base_url": "https://api.test/v1"}
    with recorder(tmp_path / "r.json", HEADER, given, with_source=False) as recording:
        assert recording.settings(given) == given
    assert read_recording(tmp_path / "r.json").header.taped == ()


def test_an_address_with_credentials_keeps_them_for_the_function_and_from_the_file(tmp_path):
    with scripted_source(document([])) as api:
        given = {"dsn": api.url.replace("//", "//user:pass-word-1@")}
        with recorder(tmp_path / "r.json", HEADER, given) as recording:
            sent = recording.settings(given)
            assert requests.get(sent["dsn"], timeout=10).json() == []
            recording.keep(exchange(1, sent))
        assert api.asked[0].headers["Authorization"].startswith("Basic ")
    assert "pass-word-1" not in (tmp_path / "r.json").read_text()


def test_a_file_that_is_no_recording_is_left_alone(tmp_path):
    (tmp_path / "r.json").write_text("notes")
    with pytest.raises(RecordingError), recorder(tmp_path / "r.json", HEADER, {"base_url": "https://api.test"}):
        pass
    assert (tmp_path / "r.json").read_text() == "notes"
