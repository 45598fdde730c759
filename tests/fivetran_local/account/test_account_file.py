"""The account's file: whole, encrypted where it matters, one process at a time."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import (
    ColumnSettings,
    ConnectionSettings,
    ScheduleType,
    SchemaSettings,
    SetupState,
    TableSettings,
    Wanted,
    Webhook,
)
from fivetran_local.errors import AccountFileError

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
KEY = "hed_0123456789abcdef"


def connection(identity="gilded_heron", **fields):
    config = {"schema": "hed", "secrets_list": [{"key": "api_key", "value": KEY}]}
    defaults = {"group_id": "g", "service": "google_cloud_function", "schema": "hed", "created_at": NOW}
    return ConnectionSettings(**{"id": identity, **defaults, "config": config, **fields})


def test_an_account_begins_with_a_group_its_destination_and_a_user(tmp_path):
    with AccountStore(tmp_path) as store:
        (group,) = store.account.groups
        assert list(store.account.destinations) == [group]
        assert len(store.account.users) == 1


def test_what_was_put_is_there_after_a_restart(tmp_path):
    made = connection(
        wanted=Wanted.RESYNC,
        rescheduled_for=NOW,
        setup_state=SetupState.BROKEN,
        schedule_type=ScheduleType.MANUAL,
        schemas=SchemaSettings(tables={"t": TableSettings(enabled=False, columns={"c": ColumnSettings(hashed=True)})}),
    )
    hook = Webhook(
        id="w", type="account", group_id=None, url="https://h", events=("sync_end",), created_at=NOW, secret=KEY
    )
    with AccountStore(tmp_path) as store:
        store.put("connections", made)
        store.put("webhooks", hook)
        before = store.account
    with AccountStore(tmp_path) as store:
        assert store.account == before
        store.remove("webhooks", "w")
        assert store.account.webhooks == {}


def test_no_secret_is_in_the_file_in_the_clear(tmp_path):
    with AccountStore(tmp_path) as store:
        store.put("connections", connection())
        store.put(
            "webhooks", Webhook(id="w", type="account", group_id=None, url="u", events=(), created_at=NOW, secret=KEY)
        )
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes(), file


def test_the_key_and_the_file_are_their_owners_alone(tmp_path):
    with AccountStore(tmp_path / "account"):
        for name in ("key", "account.json"):
            assert stat.S_IMODE((tmp_path / "account" / name).stat().st_mode) == 0o600


def test_a_key_that_others_can_read_is_refused(tmp_path):
    with AccountStore(tmp_path):
        pass
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(AccountFileError, match="can be read by others: `chmod 600"), AccountStore(tmp_path):
        pass


def test_another_key_is_refused_and_nothing_is_lost(tmp_path):
    with AccountStore(tmp_path) as store:
        store.put("connections", connection())
    whole = (tmp_path / "account.json").read_bytes()
    (tmp_path / "key").rename(tmp_path / "right")
    with pytest.raises(AccountFileError, match="is not the one that the account was encrypted with"):
        AccountStore(tmp_path).__enter__()
    assert (tmp_path / "account.json").read_bytes() == whole
    (tmp_path / "right").rename(tmp_path / "key")
    with AccountStore(tmp_path) as store:
        assert store.account.connections["gilded_heron"].config["secrets_list"][0]["value"] == KEY


def test_a_second_process_is_kept_out(tmp_path):
    words = (
        "from fivetran_local.account.account_file import AccountStore; from pathlib import Path; "
        f"AccountStore(Path({str(tmp_path)!r})).__enter__()"
    )
    with AccountStore(tmp_path):
        done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=60, check=False)
    assert "the local Fivetran of this folder is already running in" in done.stderr
    assert str(os.getpid()) in done.stderr


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is damaged"),
        (b"\x00\xff", "is damaged"),
        (b"[]", "is damaged"),
        (b'{"version": 2, "account": {}}', "another version"),
        (b'{"version": 1, "account": {"id": 1}}', r"is damaged at "),
        (b'{"version": 1, "account": {"id": "a", "name": "n", "created_at": "yesterday"}}', "damaged at created_at"),
        (b"[" * 100_000, "is damaged"),
    ],
)
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path, content, reason):
    with AccountStore(tmp_path):
        pass
    (tmp_path / "account.json").write_bytes(content)
    with pytest.raises(AccountFileError, match=reason), AccountStore(tmp_path):
        pass
    assert (tmp_path / "account.json").read_bytes() == content


def test_a_change_that_cannot_be_written_did_not_happen(tmp_path, monkeypatch):
    with AccountStore(tmp_path) as store:
        before, on_disk = store.account, (tmp_path / "account.json").read_bytes()

        def full(descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(AccountFileError, match="No space left on device; nothing was changed"):
            store.put("connections", connection())
        assert store.account is before
        assert (tmp_path / "account.json").read_bytes() == on_disk
        assert [path.name for path in tmp_path.glob(".account-*")] == []


def test_a_change_of_nothing_writes_nothing(tmp_path):
    with AccountStore(tmp_path) as store:
        store.put("connections", connection())
        inode = (tmp_path / "account.json").stat().st_ino
        store.change_connection("gilded_heron", paused=True)
        store.change_connection("no_such", paused=False)
        assert (tmp_path / "account.json").stat().st_ino == inode


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(config=st.dictionaries(st.text(), JSON, max_size=4), secret=st.text())
def test_any_configuration_comes_back_as_it_was(tmp_path, config, secret):
    made = connection(config=config)
    with AccountStore(tmp_path) as store:
        store.put("connections", made)
        store.put(
            "webhooks", Webhook(id="w", type="a", group_id=None, url="u", events=(), created_at=NOW, secret=secret)
        )
    with AccountStore(tmp_path) as store:
        assert store.account.connections["gilded_heron"] == made
        assert store.account.webhooks["w"].secret == secret


@pytest.mark.slow
def test_a_process_killed_while_it_writes_leaves_a_whole_file(tmp_path):
    words = (
        "import sys; from pathlib import Path\n"
        "from fivetran_local.account.account_file import AccountStore\n"
        "from fivetran_local.account.settings import Group\n"
        "from datetime import datetime, UTC\n"
        f"store = AccountStore(Path({str(tmp_path)!r})).__enter__()\n"
        "n = len(store.account.groups)\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    n += 1\n"
        "    store.put('groups', Group(id=f'g{n}', name='n', created_at=datetime.now(UTC)))\n"
        "    print(n, flush=True)\n"
    )
    most = 1
    for patience in (1, 7, 23, 50):
        process = subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, text=True)
        said = [process.stdout.readline() for _ in range(patience + 1)]
        process.kill()
        process.wait()
        process.stdout.close()
        most = max(most, *(int(line) for line in said[1:]))
        with AccountStore(tmp_path) as store:
            assert len(store.account.groups) >= most
    assert json.loads((tmp_path / "account.json").read_text())["version"] == 1
    assert Path(tmp_path / "lock").exists()


@pytest.mark.parametrize(
    ("kind", "field", "value", "reason"),
    [
        ("connections", "daily_sync_time", "25:00", "expected HH:MM"),
        ("connections", "daily_sync_time", "9:00", "expected HH:MM"),
        ("connections", "sync_frequency", 0, "expected one of 1, 5, 15"),
        ("connections", "sync_frequency", 7, "expected one of 1, 5, 15"),
        ("connections", "created_at", "2026-01-01T00:00:00", "expected a time with its zone"),
        ("connections", "rescheduled_for", "2026-01-01T00:00:00", "expected a time with its zone"),
        ("connections", "setup_state", "half", "connected"),
        ("function_ports", None, 0, "greater than or equal to 1"),
        ("function_ports", None, 70_000, "less than or equal to 65535"),
    ],
)
def test_a_value_that_was_edited_into_a_wrong_one_is_named(tmp_path, kind, field, value, reason):
    with AccountStore(tmp_path) as store:
        store.put("connections", connection("one", sync_frequency=1440, daily_sync_time="10:00", rescheduled_for=NOW))
        store.change(lambda account: replace(account, function_ports={"one": 8801}))
    document = json.loads((tmp_path / "account.json").read_text())
    items = document["account"][kind]
    if field:
        assert field in items["one"]
        items["one"][field] = value
    else:
        items["one"] = value
    (tmp_path / "account.json").write_text(json.dumps(document))
    where = ".".join(filter(None, (kind, "one", field)))
    with pytest.raises(AccountFileError, match=rf"is damaged at {where}: .*{reason}") as caught, AccountStore(tmp_path):
        pass
    assert "\n" not in str(caught.value)


NO_ROOM_FOR_THE_KEY = """
import os, resource, signal, sys
from pathlib import Path
from fivetran_local.account.account_file import AccountStore
from fivetran_local.errors import AccountFileError

if sys.argv[2] == "killed":
    os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, 8))
try:
    AccountStore(Path(sys.argv[1])).__enter__()
except AccountFileError as error:
    print(error)
"""


@pytest.mark.parametrize("end", ["killed", "a full disk"])
def test_a_key_that_was_cut_off_while_it_was_made_is_made_anew(tmp_path, end):
    words = [sys.executable, "-c", NO_ROOM_FOR_THE_KEY, tmp_path, end]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    if end == "killed":
        assert done.returncode == -9, done
        assert list(tmp_path.glob(".key-*"))
    else:
        assert done.stdout == f"the key {tmp_path / 'key'} cannot be used: File too large\n"
    with AccountStore(tmp_path) as store:
        store.put("connections", connection())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["account.json", "key", "lock"]


def test_what_killed_writers_left_is_swept(tmp_path):
    for name in (".account-abc", ".key-abc", ".credentials-abc", ".accounting", "credentials.json"):
        (tmp_path / name).touch()
    with AccountStore(tmp_path):
        left = {path.name for path in tmp_path.iterdir()}
    assert left == {".accounting", "credentials.json", "account.json", "key", "lock"}
