"""`connection state`: what is read, what is replaced, and what is left as it was."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fivetran_tools.connections import states
from fivetran_tools.errors import UsageError
from tests.support.connection_answers import connection, data, one, refused
from tests.support.scripted_source import scripted_source

BUSY = refused(409, "Conflict", "The connection is syncing")


def state(content):
    return data({"state": content})


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a state.json"
    path.write_text('{"cursor": "b", "page": 2}')
    return path


def bodies(source):
    return [
        (asked.method, asked.path.rpartition("/")[2], json.loads(asked.body)) for asked in source.asked if asked.body
    ]


def test_a_state_is_printed_as_json(command):
    with scripted_source(one(), state({"cursor": "é", "n": {"a": [1]}})) as source:
        done = command.at(source.url)("state", "get", "hed")
    assert json.loads(done.out) == {"cursor": "é", "n": {"a": [1]}}
    assert "é" in done.out


def test_a_state_that_moves_the_cursor_is_escaped_and_the_same_state(command):
    odd = {"a\x9b2J": "\x1b[2J \u202e \ud800 \U000e0001 é 🎓"}
    with scripted_source(one(), state(odd)) as source:
        done = command.at(source.url)("state", "get", "hed")
    assert json.loads(done.out) == odd
    assert done.out.replace("\n", "").isprintable()
    assert "é 🎓" in done.out


def test_a_state_is_kept_in_a_file_whole_or_not_at_all(command, tmp_path):
    kept = tmp_path / "kept.json"
    with scripted_source(one(), state({"a": 1}), one(), state({"a": 1})) as source:
        done = command.at(source.url)("state", "get", "hed", "--output", kept)
        assert done.code == 0
        assert json.loads(kept.read_text()) == {"a": 1}
        done = command.at(source.url)("state", "get", "hed", "--output", tmp_path / "missing" / "x.json")
    assert done.code == 1
    assert done.err.startswith("fivetran: cannot write ")
    assert [path.name for path in tmp_path.iterdir()] == ["kept.json"]


def test_a_state_is_replaced_and_what_changes_is_shown(command, file):
    with scripted_source(one(), state({"cursor": "a", "old": True}), state({})) as source:
        done = command.at(source.url)("state", "set", "hed", file)
    assert done.code == 0
    assert done.out.splitlines() == ['~ cursor: "a" -> "b"', "- old: true", "+ page: 2"]
    assert bodies(source) == [("PATCH", "state", {"state": {"cursor": "b", "page": 2}})]


def test_a_dry_run_sets_nothing_and_pauses_nothing(command, file):
    with scripted_source(one(), state({"cursor": "a"})) as source:
        done = command.at(source.url)("state", "set", "hed", file, "--dry-run", "--pause")
    assert done.code == 0
    assert '~ cursor: "a" -> "b"' in done.out
    assert bodies(source) == []


def test_a_state_that_is_there_already_is_not_set_again(command, file):
    with scripted_source(one(), state({"page": 2, "cursor": "b"})) as source:
        done = command.at(source.url)("state", "set", "hed", file)
    assert done.err == "hed has that state already\n"
    assert bodies(source) == []


def test_a_state_comes_from_standard_input_too(command, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"{}")))
    with scripted_source(one(), state({"a": 1}), state({})) as source:
        assert command.at(source.url)("state", "set", "hed", "-").code == 0
    assert bodies(source) == [("PATCH", "state", {"state": {}})]


def test_a_sync_that_runs_is_told_with_what_to_do(command, file):
    with scripted_source(one("syncing"), state({}), BUSY) as source:
        done = command.at(source.url)("state", "set", "hed", file)
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert "409 Conflict: The connection is syncing" in line
    assert "`./fivetran connection pause grafted_unwound`" in line


def test_pause_pauses_waits_for_the_sync_sets_and_unpauses(command, file, monkeypatch):
    monkeypatch.setattr(states.time, "sleep", lambda _: None)
    busy = one("syncing", paused=True)
    answers = (one("syncing"), busy, busy, busy, one("paused"), state({}), state({}), one())
    with scripted_source(*answers) as source:
        done = command.at(source.url)("state", "set", "hed", file, "--pause")
    assert done.code == 0
    assert [body for *_, body in bodies(source)] == [
        {"paused": True},
        {"state": {"cursor": "b", "page": 2}},
        {"paused": False},
    ]


def test_a_connection_that_was_paused_stays_paused(command, file):
    with scripted_source(one("paused"), one("paused"), state({}), state({})) as source:
        assert command.at(source.url)("state", "set", "hed", file, "--pause").code == 0
    assert [method for method, *_ in bodies(source)] == ["PATCH"]


def test_it_is_unpaused_also_when_setting_fails(command, file):
    with scripted_source(
        one(), one("paused"), one("paused"), state({}), refused(400, "BadRequest", "no"), one()
    ) as source:
        done = command.at(source.url)("state", "set", "hed", file, "--pause")
    assert done.code == 1
    assert bodies(source)[-1][2] == {"paused": False}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "1:1: not JSON"),
        (b"{", "not JSON"),
        (b"[]", "holds a list, expected a state: one JSON object"),
        (b"null", "expected a state"),
        (b'{"a": NaN}', "NaN is no value of JSON"),
        (b'{"a": 1e999}', "1e999 is larger than a number may be"),
        (b"[" * 100_000, "nested too deep"),
        (b"\xff\xfe\xff", "no JSON that Fivetran reads"),
        (b'{"a": ' + b"9" * 5000 + b"}", "no JSON that Fivetran reads"),
    ],
)
def test_a_file_that_holds_no_state_is_refused_before_anything_is_asked(command, tmp_path, content, words):
    file = tmp_path / "state.json"
    file.write_bytes(content)
    with scripted_source(one()) as source:
        done = command.at(source.url)("state", "set", "hed", file)
    assert done.code == 2
    assert words in done.err
    assert len(done.err.splitlines()) == 1
    assert source.asked == []


@pytest.mark.parametrize("name", ["", "missing.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_refused(command, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    done = command.at("http://127.0.0.1:9")("state", "set", "hed", name)
    assert done.code == 2
    assert len(done.err.splitlines()) == 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()), lambda kinds: st.lists(kinds, max_size=3)
)
STATES = st.dictionaries(st.text(max_size=5), JSON, max_size=4)


@settings(max_examples=30)
@given(STATES, STATES)
def test_what_changes_is_one_line_for_each_key_that_differs(old, new):
    lines = states.differences(old, new)
    texts = [{key: json.dumps(value) for key, value in state.items()} for state in (old, new)]
    assert len(lines) == sum(texts[0].get(key) != texts[1].get(key) for key in {*old, *new})
    assert all(line.isprintable() for line in lines)
    assert states.differences(new, new) == []


def test_yes_and_one_are_two_values():
    assert states.differences({"a": [1], "b": 1}, {"a": [True], "b": True}) == ["~ a: [1] -> [true]", "~ b: 1 -> true"]


@settings(max_examples=30)
@given(STATES)
def test_what_is_written_is_read_again(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("state") / "state.json"
    file.write_text(states.as_text(content), encoding="utf-8")
    assert states.read_state(str(file)) == content


def test_a_file_that_is_too_large_is_not_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(states, "MOST_BYTES", 10)
    file = tmp_path / "state.json"
    file.write_text(json.dumps(connection()))
    with pytest.raises(UsageError, match="larger than 10 bytes"):
        states.read_state(str(file))
