"""Recordings at work: which exchanges are meant, what is sent today in whose place, and where a rule first breaks."""

import json

import pytest
import urllib3

from fivetran_local.exchanges import Exchange
from fivetran_local.recording.document import Header
from fivetran_local.recording.files import RecordingWriter, read_recording
from fivetran_local.recording.tape import TOO_LARGE, SourceAnswer
from fivetran_protocol import MASK
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from fivetran_tools.replaying.formats import line_as_json, lines
from fivetran_tools.replaying.options import ReplayOptions
from fivetran_tools.replaying.replay import bisect, selected, send
from tests.support.functions import served
from tests.support.scripted_source import document, scripted_source, status

KEY = "hed_0123456789abcdef"
PAGE = {"state": {"n": 1}, "insert": {"t": [{"id": 1}]}, "schema": {"t": {"primary_key": ["id"]}}, "hasMore": False}


@pytest.fixture
def recorded(tmp_path):
    def write(*exchanges, public_keys=("base_url",), taped=("https://api.test",), source=()):
        header = Header(
            connector="anywhere", address="https://f.test/", recorded_at="", public_keys=public_keys, taped=taped
        )
        with RecordingWriter(tmp_path / "r.json", header) as writer:
            for exchange in exchanges:
                writer.write(exchange, source)
        return read_recording(tmp_path / "r.json")

    return write


def call(number=1, answer=PAGE, settings=None, scenario="sync", **fields):
    request = {"state": {"n": number - 1}, "secrets": {} if settings is None else settings}
    content = json.dumps(answer).encode()
    fields = {"status": 200, "content_type": "application/json", **fields}
    return Exchange(
        scenario=scenario, number=number, request=request, content=content, size_bytes=len(content), **fields
    )


def sync(how, at, pages=6):
    """The exchanges of a sync with a function that goes wrong at a page, as an observer has them."""
    state, exchanges = {}, []
    with served("goes_wrong_at_a_page") as function:
        for number in range(1, pages + 1):
            request = {"state": state, "secrets": {"how": how, "at": str(at)}}
            answer = function.post("/", json=request)
            exchanges.append(
                Exchange(
                    scenario="sync", number=number, request=request, status=answer.status_code,
                    content_type=answer.headers["Content-Type"], content=answer.data, seconds=0.1,
                    size_bytes=len(answer.data),
                )
            )  # fmt: skip
            state = (answer.json or {}).get("state", state)
    return exchanges


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ("null key", "primary-key"),
        ("state stays", "ends"),
        ("other key", "primary-key-stable"),
        ("other type", "one-type"),
        ("fails", "sync-succeeds"),
    ],
)
@pytest.mark.parametrize("at", [2, 3, 4, 5])
def test_bisect_finds_the_exchange_at_which_a_rule_first_breaks(recorded, how, rule, at):
    broken = bisect(recorded(*sync(how, at)))
    assert (broken.exchange.number, broken.finding.rule) == (at, rule)


def test_bisect_finds_the_first_exchange_also_where_what_is_counted_grows(recorded):
    """The second sync reads all hundred rows again, in five pages: with the third it is more than half of them."""

    def page(number, first, last):
        rows = {"t": [{"id": n} for n in range(first, last)]}
        return {**PAGE, "state": {"n": number}, "insert": rows, "hasMore": 1 < number < 6}

    again = [call(n, page(n, 20 * (n - 2), 20 * (n - 1)), scenario="second sync") for n in range(2, 7)]
    broken = bisect(recorded(call(1, page(1, 0, 100)), *again))
    assert (broken.exchange.number, broken.finding.rule) == (4, "second-sync")
    assert broken.finding.seen.startswith("60 of the 100 rows")


def test_bisect_finds_nothing_where_nothing_is_wrong_or_nothing_was_recorded(recorded):
    assert bisect(recorded(*sync("", 0))) is None
    assert bisect(recorded()) is None


def test_bisect_finds_a_secret_in_an_answer_by_its_mask(recorded):
    leak = {**PAGE, "state": {"seen": f"with {KEY}"}}
    exchanges = [call(1, {**PAGE, "hasMore": True}, {"api_key": KEY}), call(2, leak, {"api_key": KEY})]
    broken = bisect(recorded(*exchanges))
    assert (broken.exchange.number, broken.finding.rule) == (2, "secrets-in-answers")
    # Where it is not known what is secret, a mask may hide a harmless setting.
    assert bisect(recorded(*exchanges, public_keys=None)) is None


def test_exchanges_are_selected_by_their_numbers(recorded):
    recording = recorded(*(call(number) for number in (1, 2, 5, 7)))

    def numbers(words):
        return [one.exchange.number for one in selected(recording, words)]

    assert numbers("all") == [1, 2, 5, 7]
    assert (numbers("5"), numbers("2-6"), numbers("1-1")) == ([5], [2, 5], [1])
    for words in ("3", "3-4", "7-1", "", "x", "1,2", "-1", "1-", "\u0661", "9" * 40):
        with pytest.raises(UsageError):
            selected(recording, words)
    with pytest.raises(UsageError, match="has no exchange"):  # nothing compared is no test passed
        selected(recorded(), "all")


def test_the_list_tells_each_exchange_in_short(recorded):
    recording = recorded(
        call(1, {**PAGE, "delete": {"t": [{"id": 2}]}, "hasMore": True}, seconds=0.0125),
        call(2, {**PAGE, "has_more": True}),
        call(3, {"errorMessage": "refused", "errorType": "E"}, status=500),
        Exchange(scenario="sync", number=4, request={}, failure="nothing answers"),
        call(5, ["rows"]),
    )
    one, two, three, four, five = map(line_as_json, lines(recording))
    assert one == {
        "number": 1, "scenario": "sync", "state": {"n": 0}, "status": 200, "upserts": 1, "deletes": 1,
        "has_more": True, "milliseconds": 12, "findings": 0, "note": "",
    }  # fmt: skip
    assert (two["findings"], two["note"].partition(":")[0]) == (1, "unknown-field")
    assert (three["status"], three["has_more"], three["note"]) == (500, None, "E: refused")
    assert (four["status"], four["note"]) == (None, "nothing answers")
    assert (five["findings"], five["upserts"]) == (1, 0)


def resent(recording, url, **options):
    return list(send(Project.here(), recording, recording, ReplayOptions(function_url=url, **options)))


def test_todays_function_is_sent_what_was_recorded_with_the_players_address(recorded):
    source = [SourceAnswer("GET", "https://api.test/v1/users", 200, (), b"[]")]
    settings = {"api_key": KEY, "base_url": "https://api.test/v1", "page_size": 5, "nested": {"a": KEY}}
    recording = recorded(call(settings=settings), source=source)
    with scripted_source(document(PAGE)) as function:
        ((one),) = resent(recording, function.url)
        sent = json.loads(function.asked[0].body)
    address = sent["secrets"].pop("base_url")
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("/v1")
    assert sent == {"state": {"n": 0}, "secrets": {"api_key": MASK, "page_size": MASK, "nested": MASK}}
    assert [str(found) for found in one.differences] == ["source: was not asked for GET https://api.test/v1/users"]


def test_an_address_that_stands_for_the_source_is_no_difference(recorded):
    def echo(exchange):
        address = json.loads(exchange.asked.body)["secrets"]["base_url"]
        document({**PAGE, "state": {"next": f"{address}/users?page=2"}})(exchange)

    settings = {"base_url": "https://api.test/v1"}
    answer = {**PAGE, "state": {"next": "https://api.test/v1/users?page=2"}}
    recording = recorded(call(1, answer, settings))
    with scripted_source(echo) as function:
        ((one),) = resent(recording, function.url)
    assert one.differences == ()


def test_how_a_function_fails_without_its_source_is_not_asked_again(recorded):
    settings = {"api_key": KEY, "base_url": "http://127.0.0.1:9/v1"}
    recording = recorded(call(settings=settings, scenario="source down"))
    with scripted_source(document(PAGE)) as function:
        assert resent(recording, function.url) == []
        assert function.asked == []


def test_an_address_on_this_machine_that_was_not_taped_stays_as_it_was(recorded):
    settings = {"api_key": KEY, "base_url": "http://127.0.0.1:9/v1"}
    recording = recorded(call(settings=settings))
    with scripted_source(document(PAGE)) as function:
        resent(recording, function.url)
        assert json.loads(function.asked[0].body)["secrets"]["base_url"] == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("settings", "taped", "told"),
    [
        ({"base_url": "https://other.test"}, ["https://api.test"], "https://other.test is not on the recording's tape"),
        ({"api_key": KEY}, ["https://api.test"], "the source that exchange 1 asked is not on the recording's tape"),
        ({"region": "eu"}, [], "the source of the recorded function is not on the recording's tape"),
    ],
)
def test_nothing_is_sent_where_the_source_is_not_on_the_tape(recorded, settings, taped, told):
    with scripted_source(document(PAGE)) as function:
        with pytest.raises(UsageError, match=told):
            resent(recorded(call(settings=settings), taped=taped, public_keys=("base_url", "region")), function.url)
        assert function.asked == []


def test_a_function_that_asks_nobody_is_sent_an_empty_configuration(recorded, tmp_path):
    (tmp_path / "none.json").write_text("{}")
    with scripted_source(document(PAGE)) as function:
        ((one),) = resent(recorded(call(), taped=()), function.url, configuration=tmp_path / "none.json")
    assert one.differences == ()


@pytest.mark.parametrize("today", [{"api_key": "the-key-of-today"}, {"api_key": "the-key-of-today", "base_url": "x"}])
def test_a_key_is_not_sent_to_an_address_that_only_the_recording_knows(recorded, tmp_path, today):
    (tmp_path / "configuration.json").write_text(json.dumps(today))
    recording = recorded(call(settings={"api_key": KEY, "base_url": "https://api.test/v1"}))
    with scripted_source(document(PAGE)) as function:
        with pytest.raises(UsageError, match=r"leads to https://api\.test: add 'base_url' to the configuration"):
            resent(recording, function.url, configuration=tmp_path / "configuration.json")
        assert function.asked == []


def test_a_key_is_sent_where_its_own_configuration_leads_also_where_the_recording_had_no_address(recorded, tmp_path):
    today = {"api_key": "the-key-of-today", "base_url": "https://now.test/v1", "page_size": "9"}
    (tmp_path / "configuration.json").write_text(json.dumps(today))
    with scripted_source(document(PAGE)) as function:
        resent(recorded(call(settings={"api_key": KEY})), function.url, configuration=tmp_path / "configuration.json")
        sent = json.loads(function.asked[0].body)["secrets"]
    assert sent == {"api_key": "the-key-of-today", "base_url": "https://now.test/v1"}


@pytest.mark.parametrize(
    "scenario",
    [
        "secrets as a JSON text", "setup test, bad credentials", "bad credentials", "sync of another connection",
        "interleaved sync of another connection",
    ],
)  # fmt: skip
def test_settings_that_are_not_the_connections_are_sent_to_the_tape_alone(recorded, tmp_path, scenario):
    (tmp_path / "configuration.json").write_text(json.dumps({"api_key": KEY, "base_url": "https://now.test"}))
    settings = {"api_key": "canary-1234", "base_url": "https://api.test", "_nested": {"flag": True}}
    recording = recorded(call(settings=settings, scenario=scenario))
    announced = []
    with scripted_source(document(PAGE)) as function:
        assert len(resent(recording, function.url)) == 1
        options = ReplayOptions(function_url=function.url, configuration=tmp_path / "configuration.json")
        assert list(send(Project.here(), recording, recording, options, announce=announced.append)) == []
        assert len(function.asked) == 1
    assert f"call 1 ({scenario}) is not sent again: its settings are not the connection's" in announced[-1]


def test_an_answer_that_was_too_large_to_be_kept_is_told_as_that(recorded):
    def asks(exchange):
        address = json.loads(exchange.asked.body)["secrets"]["base_url"]
        with urllib3.PoolManager() as manager:
            manager.request("GET", f"{address}/users", retries=False)
        document(PAGE)(exchange)

    source = [SourceAnswer("GET", "https://api.test/v1/users", 200, left_out=TOO_LARGE)]
    recording = recorded(call(settings={"base_url": "https://api.test/v1"}), source=source)
    with scripted_source(asks) as function:
        ((one),) = resent(recording, function.url)
    told = "source: the answer to GET https://api.test/v1/users was too large to be kept"
    assert [str(found) for found in one.differences] == [told]


def test_with_a_configuration_masks_become_its_secrets_and_settings_stay_as_recorded(recorded, tmp_path):
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps({"api_key": "another-key-today", "base_url": "https://now.test", "page_size": "9"}))
    settings = {"api_key": KEY, "base_url": "https://api.test", "page_size": "5"}
    answer = {**PAGE, "state": {"k": f"a {KEY}", "u": "https://api.test/x"}}
    recording = recorded(call(1, answer, settings), public_keys=("base_url", "page_size"))
    today = {**PAGE, "state": {"k": "a another-key-today", "u": "https://now.test/x"}}
    with scripted_source(document(today)) as function:
        ((one),) = resent(recording, function.url, configuration=file)
        sent = json.loads(function.asked[0].body)["secrets"]
    assert sent == {"api_key": "another-key-today", "base_url": "https://now.test", "page_size": "5"}
    assert one.differences == ()


def test_a_function_that_fails_today_differs(recorded):
    with scripted_source(status(500)) as function:
        ((one),) = resent(recorded(call()), function.url)
    assert [str(found) for found in one.differences] == ["status: 200 became 500"]


def test_requests_that_were_not_json_are_sent_as_they_were(recorded):
    strange = Exchange(
        scenario="not JSON", number=1, request="{nothing", status=400, content_type="application/json", content=b"{}",
        method="PUT",
    )  # fmt: skip
    with scripted_source(document({}, 400)) as function:
        ((one),) = resent(recorded(strange), function.url)
        assert (function.asked[0].method, function.asked[0].body) == ("PUT", b"{nothing")
    assert one.differences == ()
