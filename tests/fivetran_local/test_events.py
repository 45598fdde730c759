"""The log of each connection."""

from datetime import UTC, datetime

from fivetran_local import events
from fivetran_local.events import EventLog, Level, LogEvent


def event(name="sync_start", connection="gilded_heron", **data):
    return LogEvent(
        event=name,
        created=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
        connector_type="google_cloud_function",
        connector_id=connection,
        connector_name="hed",
        sync_id="s",
        destination_group_id="g",
        data=data,
    )


def test_events_come_back_in_order_and_in_their_wire_form(tmp_path):
    log = EventLog(tmp_path / "logs")
    log.record(event("sync_start"), event("api_call", rows=3))
    log.record(event("other", "another_one"))
    first, second = log.read("gilded_heron")
    assert first == {
        "event": "sync_start",
        "created": "2026-01-02T03:04:05.000006Z",
        "level": Level.INFO,
        "connector_type": "google_cloud_function",
        "connector_id": "gilded_heron",
        "connector_name": "hed",
        "destination_group_id": "g",
        "sync_id": "s",
        "data": {},
    }
    assert second["data"] == {"rows": 3}
    assert [found["event"] for found in log.read("gilded_heron", most=1)] == ["api_call"]


def test_listeners_hear_until_they_stop(tmp_path):
    log, heard = EventLog(tmp_path), []
    stop = log.listen(heard.append)
    log.record(event("one"))
    stop()
    stop()
    log.record(event("two"))
    assert [found.event for found in heard] == ["one"]


def test_a_torn_line_is_left_out(tmp_path):
    log = EventLog(tmp_path)
    log.record(event("one"))
    with (tmp_path / "gilded_heron.jsonl").open("ab") as file:
        file.write(b'{"event": "tor')
    assert [found["event"] for found in log.read("gilded_heron")] == ["one"]


def test_a_line_after_a_torn_one_is_kept(tmp_path):
    log = EventLog(tmp_path)
    (tmp_path / "gilded_heron.jsonl").write_bytes(b'{"event": "tor')
    log.record(event("one"))
    assert [found["event"] for found in log.read("gilded_heron")] == ["one"]


def test_the_older_half_goes_when_there_is_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "MOST_BYTES_KEPT", 4000)
    log = EventLog(tmp_path)
    for number in range(200):
        log.record(event("n", number=number))
    kept = [found["data"]["number"] for found in log.read("gilded_heron")]
    assert kept == list(range(kept[0], 200))
    assert (tmp_path / "gilded_heron.jsonl").stat().st_size < 5000


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "logs").write_text("a file where the folder should be")
    heard = []
    log = EventLog(tmp_path / "logs")
    log.listen(heard.append)
    log.record(event())
    assert len(heard) == 1
    assert log.read("gilded_heron") == []


def test_a_listener_that_fails_does_not_keep_the_others_from_hearing(tmp_path):
    log, heard = EventLog(tmp_path), []

    def broken(_):
        raise RuntimeError("broken")

    log.listen(broken)
    log.listen(heard.append)
    log.record(event())
    assert len(heard) == 1
