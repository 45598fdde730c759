"""No secret leaves a function: not in its answer, not on its outputs, whatever the connector does with it."""

import base64
import json
import urllib.parse

import pytest
from requests.utils import requote_uri

from tests.support.functions import served
from tests.support.scripted_source import disconnect, document, raw, scripted_source, status

KEY_LINES = (
    "-----BEGIN PRIVATE KEY-----",
    "MIIEvQIBADANBgk/cnry+",
    "Qk1canary5",
    "Q9cnr=",
    "-----END PRIVATE KEY-----",
)
PRIVATE_KEY = "\n".join(KEY_LINES) + "\n"
SECRETS = {
    "plain": "canary-plain-0123456789",
    "awkward": 'cnry/p@ss "w\'rd"\\é€&<x>=+%20',
    "padded": "  cnry-padded \n",
    "private_key": PRIVATE_KEY,
    "number": 73920174,
    "nested": {"consumer": {"key": "cnry-nested-key"}, "list": ["cnry-in-a-list", 5510397]},
}
TEXTS = (
    "canary-plain-0123456789",
    'cnry/p@ss "w\'rd"\\é€&<x>=+%20',
    "cnry-padded",
    PRIVATE_KEY,
    "73920174",
    "cnry-nested-key",
    "cnry-in-a-list",
    "5510397",
)
FORMS = {
    "raw": str,
    "repr": repr,
    "JSON": json.dumps,
    "JSON with letters": lambda text: json.dumps(text, ensure_ascii=False),
    "URL": urllib.parse.quote_plus,
    "URL of requests": lambda text: requote_uri(f"https://a.test/?k={text}"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "basic authorization": lambda text: "Basic " + base64.b64encode(f"me:{text}".encode()).decode(),
    "in an exception group": lambda text: text.replace("\n", "\n  | "),
}
PARTS = [
    "canary",
    "cnry",
    "p@ss",
    "p%40ss",
    "w'rd",
    "73920174",
    "5510397",
    *KEY_LINES,
    "PRIVATE",
    *(base64.b64encode(text.encode()).decode()[:12] for text in TEXTS),
    *(base64.b64encode(f"me:{text}".encode()).decode()[8:18] for text in TEXTS),
]


def parts_in(text):
    return [part for part in PARTS if part in text]


@pytest.mark.parametrize("fail", ["PageError", "RuntimeError", "SystemExit"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_careless_connector_tells_nobody(form, fail, capfd):
    forms = [form(text) for text in TEXTS]
    assert all(parts_in(written) for written in forms), "each of them would be noticed"
    with served("tells_its_secrets") as client:
        # The state is no secret: what is being looked for must not be masked because it came from there.
        answer = client.post(
            "/", json={"state": {"forms": forms, "fail": fail}, "secrets": {**SECRETS, "region": "eu"}}
        )
    out, err = capfd.readouterr()
    assert answer.status_code == 500
    assert answer.get_json()["errorType"] == fail
    assert "[secret]" in answer.get_json()["errorMessage"]
    assert out.count("[secret]") > len(TEXTS)
    for written in (answer.text, out, err):
        assert parts_in(written) == []
        assert parts_in(written.encode().decode("unicode_escape", "replace")) == []


@pytest.mark.parametrize(
    "answer",
    [
        disconnect,
        status(401),
        status(400),
        status(302, Location="https://elsewhere.test/canary-plain-0123456789"),
        raw(b"canary-plain-0123456789"),
        document(["canary-plain-0123456789"]),
        document({}),
    ],
    ids=["disconnect", "401", "400", "302", "not JSON", "list", "no users"],
)
def test_a_source_that_fails_makes_nobody_tell(answer, capfd, mocker):
    mocker.patch("time.sleep")
    with scripted_source(answer) as source, served("asks_a_source") as client:
        secrets = {"base_url": source.url, "api_key": "canary-plain-0123456789"}
        report = client.post("/", json={"state": {}, "secrets": secrets})
        assert source.asked[0].headers["x-api-key"] == "canary-plain-0123456789"
    out, err = capfd.readouterr()
    assert report.status_code in (400, 500)
    for written in (report.text, out, err):
        assert "canary" not in written


@pytest.mark.parametrize("key", ["canary\nkey", "canary-ключ"])
def test_a_key_that_is_no_header_is_not_shown(key, capfd):
    with scripted_source(document({"users": []})) as source, served("asks_a_source") as client:
        report = client.post("/", json={"state": {}, "secrets": {"base_url": source.url, "api_key": key}})
    assert report.status_code == 400
    assert report.get_json()["errorType"] == "ConfigurationError"
    assert "canary" not in report.text + "".join(capfd.readouterr())


def test_a_secret_from_the_environment_is_a_secret(monkeypatch, capfd, mocker):
    monkeypatch.setenv("API_KEY", "canary-environment")
    mocker.patch("requests.Session.get", side_effect=RuntimeError("broke with canary-environment"))
    with served("asks_a_source") as client:
        report = client.post("/", json={"state": {}, "secrets": {}})
    assert report.get_json()["errorMessage"] == "broke with [secret]"
    assert "canary" not in report.text + "".join(capfd.readouterr())
