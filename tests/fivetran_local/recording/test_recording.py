"""Recordings: what goes in comes out, secrets do not, and a file that is cut, foreign or hostile is told in a line."""

import base64
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fivetran_local.errors import RefusedError
from fivetran_local.exchanges import Exchange
from fivetran_local.function import decode
from fivetran_local.recording import files
from fivetran_local.recording.document import Header, Recorded, RecordingError
from fivetran_local.recording.files import RecordingWriter, read_recording, target_problem
from fivetran_local.recording.masking import Masking
from fivetran_local.recording.tape import TOO_LARGE, SourceAnswer
from fivetran_protocol import MASK
from tests.fivetran_protocol.strategies import json_values, objects

KEY = "hed_0123456789abcdef"
HEADER = Header(
    connector="hed",
    build="hed 0.1.0 no-commit",
    recorded_at="2025-01-01T00:00:00+00:00",
    public_keys=("base_url",),
)
PAGE = {"state": {"n": 2**70}, "insert": {"t": [{"id": 1, "gpa": 3.25, "name": "Zoë\n"}]}, "hasMore": False}


def call(number=1, **fields):
    given = {"request": {"state": {}, "secrets": {"api_key": KEY}}, "status": 200, "content": json.dumps(PAGE).encode()}
    return Exchange(scenario="sync", number=number, **{**given, "content_type": "application/json", **fields})


def written(path, *exchanges, header=HEADER, **more):
    with RecordingWriter(path, header) as writer:
        for exchange in exchanges:
            writer.write(exchange, **more)
    return read_recording(path)


bodies = st.binary() | st.text().map(str.encode) | json_values.map(lambda value: json.dumps(value).encode())
answers = st.builds(
    SourceAnswer,
    method=st.sampled_from(["GET", "POST", "HEAD"]),
    url=st.text().map(lambda path: f"https://source.test/{quote(path)}"),
    status=st.integers(100, 599),
    headers=st.lists(
        st.tuples(st.sampled_from(["content-type", "retry-after", "link"]), st.just("x y")), max_size=3
    ).map(lambda headers: tuple(sorted(headers))),
    body=bodies,
    cut=st.booleans(),
) | st.builds(SourceAnswer, st.just("GET"), st.text(), failure=st.text(min_size=1))
exchanges = st.builds(
    Exchange,
    scenario=st.text(),
    number=st.integers(1, 10**6),
    request=objects.map(lambda state: {"state": state, "secrets": {"base_url": "https://source.test"}}) | st.text(),
    status=st.integers(100, 599),
    content_type=st.text(),
    content=bodies,
    seconds=st.integers(0, 10**9).map(lambda micros: micros / 10**6),
    size_bytes=st.integers(0, 10**9),
    log=st.lists(st.text(), max_size=3).map(tuple),
    method=st.sampled_from(["POST", "GET"]),
    about=st.none() | st.integers(1, 10**6),
)


@given(st.lists(st.tuples(exchanges, st.lists(answers, max_size=2).map(tuple)), max_size=3))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_what_is_written_is_read_back(tmp_path, recorded):
    with RecordingWriter(tmp_path / "r.json", HEADER) as writer:
        for exchange, source in recorded:
            writer.write(exchange, source)
    recording = read_recording(tmp_path / "r.json")
    assert (recording.header, recording.warning) == (HEADER, "")
    assert len(recording) == len(recorded)
    for one, (exchange, source) in zip(recording, recorded, strict=True):
        again = one.exchange
        assert meaning(again.content) == meaning(exchange.content)
        assert [fields(answer) for answer in one.source] == [fields(answer) for answer in source]
        for name in (
            "scenario",
            "number",
            "request",
            "status",
            "content_type",
            "seconds",
            "size_bytes",
            "log",
            "method",
        ):
            assert getattr(again, name) == getattr(exchange, name), name
        assert (again.about, again.failure) == (exchange.about, exchange.failure)


whatever = st.builds(
    SourceAnswer,
    method=st.text(),
    url=st.text(),
    status=st.integers(100, 999),
    headers=st.lists(st.tuples(st.text(), st.text())).map(tuple),
    body=bodies,
    cut=st.booleans(),
    left_out=st.text(),
)


@given(whatever)
@example(SourceAnswer("GET", "https://source.test/", 200, (("x", "a\0b"), ("y\n", "c"), ("link", "d"))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_source_sends_can_be_read_again(tmp_path, answer):
    (one,) = written(tmp_path / "r.json", call(), source=[answer])
    (again,) = one.source
    assert (again.status, again.left_out) == (answer.status, answer.left_out)
    assert {name.lower() for name, _ in again.headers} <= {name.lower() for name, _ in answer.headers}
    assert ("link", "d") in again.headers or ("link", "d") not in answer.headers


def meaning(body):
    """The document in a body, spelled in one way; the bytes themselves where there is none."""
    try:
        return json.dumps(decode(body), sort_keys=True)
    except RefusedError:
        return body


def fields(answer):
    return (
        answer.method, answer.url, answer.status, answer.headers, meaning(answer.body), answer.cut, answer.failure,
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        b"", b"NaN", b'{"n": NaN}', b"<html>", b'{"n": ' + b"9" * 40 + b"}", b'"\\ud800"', b"\xff\xfe\x00", b"{}\n",
        b"[" * 600 + b"]" * 600, b"[" * 300 + b"9" * 30 + b"]" * 300, b"1.10", b'{"a": 1, "a": 2}',
    ],
)  # fmt: skip
def test_answers_of_every_kind_are_kept(tmp_path, content):
    source = SourceAnswer("GET", "https://source.test/", 200, (), content)
    (one,) = written(tmp_path / "r.json", call(content=content), source=[source])
    assert meaning(one.exchange.content) == meaning(content)
    assert one.exchange.undecodable == call(content=content).undecodable
    # Both come back as they were, spaces apart: how a number was spelled may matter, and which key stood twice.
    for body in (one.source[0].body, one.exchange.content):
        assert body.replace(b" ", b"").strip() == content.replace(b" ", b"").strip()


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b'{\n  "name": "Zo\\u00eb\\/", "n": 1\n}', "response"), (b'{"n": 1.5e3}', "text"), (b'{"n": -0}', "text"),
        (b'{"n": 1.0}', "response"), (b'[{"a": 1, "a": 1}]', "text"), (b'{"n": ' + b"9" * 30 + b"}", "response"),
    ],
)  # fmt: skip
def test_only_what_would_not_come_back_is_kept_as_text(tmp_path, content, field):
    written(tmp_path / "r.json", call(content=content))
    assert f'\n  "{field}": ' in (tmp_path / "r.json").read_text()


def test_a_failure_and_a_request_that_is_nested_too_deep_are_kept(tmp_path):
    deep = current = {}
    for _ in range(2000):
        current["x"] = current = {}
    (one,) = written(tmp_path / "r.json", call(request=deep, status=None, content=b"", failure="no answer in time"))
    assert one.exchange.request == "(nested too deep to be recorded)"
    assert (one.exchange.status, one.exchange.failure) == (None, "no answer in time")


def test_a_person_and_jq_can_read_it(tmp_path):
    written(tmp_path / "r.json", call(), call(2))
    text = (tmp_path / "r.json").read_text()
    assert '\n        "name": "Zoë\\n"' not in text.splitlines()[0]
    assert '"name": "Zoë\\n"' in text
    decoder, documents = json.JSONDecoder(), []
    while text.strip():
        document, end = decoder.raw_decode(text.lstrip())
        documents.append(document)
        text = text.lstrip()[end:]
    assert [document.get("number") for document in documents] == [None, 1, 2]
    assert documents[1]["request"]["secrets"] == {"api_key": MASK}
    assert documents[1]["response"]["state"] == {"n": 2**70}


def test_one_that_was_written_on_one_line_each_is_read_as_well(tmp_path):
    written(tmp_path / "r.json", call(), call(2))
    documents = [HEADER.to_wire(), *(one.to_wire(Masking()) for one in read_recording(tmp_path / "r.json"))]
    (tmp_path / "c.json").write_text("\n\n".join(map(json.dumps, documents)))
    assert [one.exchange.number for one in read_recording(tmp_path / "c.json")] == [1, 2]


def test_only_its_owner_may_read_it_also_where_another_was_before(tmp_path):
    file = tmp_path / "r.json"
    written(file, call())
    file.chmod(0o644)
    written(file, call(7))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.exchange.number for one in read_recording(file)] == [7]
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_each_exchange_is_on_disk_before_the_next(tmp_path):
    with RecordingWriter(tmp_path / "r.json", HEADER) as writer:
        for number in (1, 2, 3):
            writer.write(call(number))
            assert len(read_recording(tmp_path / "r.json")) == number


ENDLESS = """
import sys
from pathlib import Path
from tests.fivetran_local.recording.test_recording import HEADER, call
from fivetran_local.recording.files import RecordingWriter
writer, number = RecordingWriter(Path(sys.argv[1]), HEADER), 0
while True:
    number += 1
    writer.write(call(number, log=("line " * 2000,) * 20))
    print(number, flush=True)
"""


def test_a_killed_writer_loses_the_last_exchange_at_most(tmp_path):
    words = [sys.executable, "-c", ENDLESS, str(tmp_path / "r.json")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as process:
        for _ in range(30):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told = 30 + len(process.stdout.read().splitlines())
    recording = read_recording(tmp_path / "r.json")
    assert told <= len(recording) <= told + 1
    assert [one.exchange.number for one in recording] == list(range(1, len(recording) + 1))


def test_a_file_cut_at_any_place_keeps_every_whole_exchange(tmp_path):
    file = tmp_path / "r.json"
    short = json.dumps({"state": {}}).encode()
    written(file, call(content=short), call(2, content=short))
    whole = file.read_bytes()
    ends = [place for place in range(len(whole)) if whole[: place + 1].endswith(b"\n}")]
    for size in range(ends[0] + 1, len(whole)):
        file.write_bytes(whole[:size])
        recording = read_recording(file)
        assert len(list(recording)) == sum(size > end for end in ends[1:])
        assert bool(recording.warning) == (size - 1 not in ends and size - 2 not in ends)
    assert len(ends) == 3


CANARY = "canary/ö+0f3e 5a"
PLACES = {
    "in the answer": {"content": json.dumps({"state": {CANARY: [CANARY]}}).encode()},
    "escaped in the answer": {"content": json.dumps({"state": {"x": f"a{CANARY}b"}}, ensure_ascii=True).encode()},
    "in an answer that is not JSON": {"content": f"<p>{CANARY}".encode()},
    "in an answer that is not text": {"content": b"\xff" + CANARY.encode() + b"\xfe"},
    "in the log": {"log": (f"key={quote(CANARY)}", f"Basic {base64.b64encode(f'u:{CANARY}'.encode()).decode()}")},
    "in the state": {"request": {"state": {"x": {"y": [CANARY]}}, "secrets": {"api_key": CANARY}}},
    "nested": {"request": {"secrets": {"auth": {"user": [{"key": CANARY}]}}}},
    "in a payload": {"request": {"secrets": {"api_key": CANARY}, "customPayload": {"again": CANARY}}},
    "in a failure": {"status": None, "failure": f"no answer at {CANARY}"},
    "in the content type": {"content_type": f"text/plain; key={CANARY}"},
}


@pytest.mark.parametrize("fields", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("public_keys", [("base_url",), None])
def test_a_secret_is_nowhere_in_the_file(tmp_path, fields, public_keys):
    secrets = {"request": {"state": {}, "secrets": {"api_key": CANARY}}}
    header = Header(connector="hed", build="build", recorded_at="", public_keys=public_keys)
    written(tmp_path / "r.json", call(**{**secrets, **fields}), header=header)
    assert_no_canary((tmp_path / "r.json").read_bytes())


@pytest.mark.parametrize(
    "answer",
    [
        SourceAnswer("GET", f"https://source.test/{quote(CANARY, safe='')}?k={quote(CANARY)}", 200),
        SourceAnswer("GET", "https://source.test/", 200, (("link", f"<{quote(CANARY)}>"),), b""),
        SourceAnswer("GET", "https://source.test/", 200, (), json.dumps({"echo": [CANARY]}).encode()),
        SourceAnswer("GET", "https://source.test/", 200, (), f"{CANARY}".encode() + b"\xff"),
        SourceAnswer("GET", f"https://source.test/{quote(CANARY)}", failure="no answer"),
    ],
)
def test_a_secret_that_the_source_says_is_nowhere_either(tmp_path, answer):
    exchange = call(request={"secrets": {"api_key": CANARY}})
    written(tmp_path / "r.json", exchange, source=[answer])
    assert_no_canary((tmp_path / "r.json").read_bytes())
    written(tmp_path / "r.json", call(), source=[answer], keys=[CANARY])
    assert_no_canary((tmp_path / "r.json").read_bytes())


def assert_no_canary(text):
    raw = base64.b64decode(json.loads(b"[" + text.replace(b"\n}\n{", b"\n},\n{") + b"]")[1].get("base64", ""))
    for form in (CANARY, quote(CANARY), quote(CANARY, safe=""), json.dumps(CANARY)[1:-1]):
        assert form.encode() not in text
        assert form.encode() not in raw
    assert b"0f3e" not in text
    assert b"0f3e" not in raw
    assert base64.b64encode(CANARY.encode())[3:-4] not in text


@given(st.text(min_size=8).filter(lambda text: text.strip() and MASK not in text), json_values)
@example("12345678", 12345678)
@example("00000\f\n0", None)
@example("00000\x1c\n0", None)
@settings(max_examples=60)
def test_no_secret_is_in_any_document_that_holds_it(secret, value):
    document = {"a": [f"before {secret} after", {secret: value}], "b": secret}
    encoded = Masking(hidden=[secret]).encode(document)
    assert secret not in list(texts(json.loads(encoded)))
    assert not any(secret in text for text in texts(json.loads(encoded)))


def texts(document):
    if isinstance(document, dict):
        yield from document
    for inner in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        yield from texts(inner)
    if isinstance(document, str | int | float):
        yield str(document)


def test_an_address_that_stood_in_for_another_is_written_as_that_and_no_longer_one_is():
    masking = Masking(addresses={"http://127.0.0.1:80": "https://api.test"})
    text = "http://127.0.0.1:80/a http://127.0.0.1:8080/a http://127.0.0.1:80"
    expected = "https://api.test/a http://127.0.0.1:8080/a https://api.test"
    assert json.loads(masking.encode({"log": [text]})) == {"log": [expected]}


def test_a_short_secret_leaves_the_fields_their_names(tmp_path):
    (one,) = written(tmp_path / "r.json", call(request={"state": {"a": "banana"}, "secrets": {"pin": "a"}}))
    assert one.exchange.request == {"state": {"a": "b[secret]n[secret]n[secret]"}, "secrets": {"pin": MASK}}


@pytest.mark.parametrize("content", [b"", b"notes", b"{}", b'{"recording": 2}\n', b"\0" * 5000, b'{"a": 1}' * 9000])
def test_what_is_no_recording_is_neither_read_nor_replaced(tmp_path, content):
    file = tmp_path / "my notes.json"
    file.write_bytes(content)
    with pytest.raises(RecordingError, match=r"my notes\.json is not a recording") as caught:
        read_recording(file)
    assert "\n" not in str(caught.value)
    with pytest.raises(RecordingError, match="not replaced"):
        RecordingWriter(file, HEADER)
    assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["my notes.json"]


def test_the_folder_of_a_recording_is_made_as_a_warehouses_is(tmp_path):
    file = tmp_path / "files" / "r.json"
    assert target_problem(file) is None
    with RecordingWriter(file, HEADER):
        pass
    assert read_recording(file).header == HEADER


def test_folders_missing_files_and_unwritable_places_are_told(tmp_path):
    for path, words in ((tmp_path, "is not a file"), (tmp_path / "none.json", "no recording at")):
        with pytest.raises(RecordingError, match=words):
            read_recording(path)
    assert "there is no folder" in target_problem(tmp_path / "none" / "neither" / "r.json")
    assert "not replaced" in target_problem(tmp_path)
    assert target_problem(tmp_path / "r.json") is None
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(RecordingError, match="is not a file"):
        read_recording(fifo)
    assert "not replaced" in target_problem(fifo)


FULL = """
import resource, sys
from pathlib import Path
from tests.fivetran_local.recording.test_recording import HEADER, call
from fivetran_local.recording import files
from fivetran_local.recording.document import RecordingError
from fivetran_local.recording.files import RecordingWriter
with RecordingWriter(Path(sys.argv[1]), HEADER) as writer:
    writer.write(call(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))  # as full as a disk can be for one process
    for number in (2, 3):
        try:
            writer.write(call(number, log=("a line",) * number * 2_000))
        except RecordingError as error:
            print(error)
    writer.write(call(4))
"""


def test_a_full_disk_is_told_in_a_line_and_loses_nothing_that_was_whole(tmp_path):
    words = [sys.executable, "-c", FULL, str(tmp_path / "r.json")]
    done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[3], timeout=60, check=True)
    told = done.stdout.splitlines()
    assert len(told) == 2
    assert all(line == f"cannot write the recording {tmp_path}/r.json: File too large" for line in told)
    recording = read_recording(tmp_path / "r.json")
    assert recording.warning == ""
    assert [one.exchange.number for one in recording] == [1, 4]


def test_what_could_not_be_read_again_is_left_out_or_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_LARGEST_EXCHANGE", 5_000)
    large = SourceAnswer("GET", "https://source.test/", 200, (), json.dumps([[[[1]]]] * 500).encode())
    small = SourceAnswer("HEAD", "https://source.test/", 200)
    (one,) = written(tmp_path / "r.json", call(), source=[large, small])
    assert [(answer.body, answer.left_out) for answer in one.source] == [(b"", TOO_LARGE), (b"", "")]
    with RecordingWriter(tmp_path / "r.json", HEADER) as writer:
        with pytest.raises(RecordingError, match=r"call 7 \(sync\) is too large to be read again"):
            writer.write(call(7, log=("x" * 5_000,)))
        writer.write(call(8))
    assert [one.exchange.number for one in read_recording(tmp_path / "r.json")] == [8]


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(tmp_path):
    written(tmp_path / "r.json", call())
    (tmp_path / "link.json").symlink_to(tmp_path / "r.json")
    written(tmp_path / "link.json", call(5))
    assert (tmp_path / "link.json").is_symlink()
    assert [one.exchange.number for one in read_recording(tmp_path / "r.json")] == [5]


HOSTILE = [
    {"number": "1"}, {"number": True}, {}, {"number": 1, "status": "200"}, {"number": 1, "seconds": "x"},
    {"number": 1, "log": "x"}, {"number": 1, "log": [1]}, {"number": 1, "source": {}}, {"number": 1, "source": [1]},
    {"number": 1, "text": 5}, {"number": 1, "base64": "?"}, {"number": 1, "source": [{"headers": [["a", "b"]]}]},
    {"number": 1, "source": [{"headers": {"a\r\nb": "c"}}]}, {"number": 1, "source": [{"headers": {"a": "\r\nb: c"}}]},
    {"number": 1, "source": [{"status": 99999}]}, {"number": 1, "scenario": 5}, {"number": 1, "about": 1.5},
]  # fmt: skip


@pytest.mark.parametrize("entry", HOSTILE, ids=json.dumps)
def test_an_exchange_that_is_none_is_told_in_a_line(tmp_path, entry):
    file = tmp_path / "r.json"
    written(file, call())
    with file.open("a") as more:
        more.write(json.dumps(entry) + "\n")
    recording = read_recording(file)
    with pytest.raises(RecordingError, match=r"what begins at byte \d+ is no exchange: ") as caught:
        list(recording)
    assert "\n" not in str(caught.value)


@given(objects)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_entry_ends_in_anything_but_an_exchange_or_a_line(tmp_path, entry):
    file = tmp_path / "r.json"
    file.write_text(json.dumps(HEADER.to_wire()) + "\n" + json.dumps({"number": 1, **entry}) + "\n")
    try:
        recorded = read_recording(file)[0]
    except RecordingError as error:
        told = str(error)
    else:
        told = "" if isinstance(recorded, Recorded) else "neither"
    assert not told or "is no exchange" in told


def test_what_is_nested_without_end_is_told_in_a_line(tmp_path):
    file = tmp_path / "r.json"
    written(file)
    with file.open("a") as more:
        more.write('{"number": 1, "response": ' + "[" * 100_000 + "]" * 100_000 + "}\n")
    with pytest.raises(RecordingError, match="it is not JSON"):
        list(read_recording(file))
