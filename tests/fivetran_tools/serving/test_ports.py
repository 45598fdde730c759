"""The ports of functions: chosen once, kept, and moved with the connections that call them."""

import socket
from datetime import UTC, datetime

import pytest

from fivetran_local.account.account_file import AccountStore
from fivetran_local.account.settings import ConnectionSettings
from fivetran_tools.errors import CommandError
from fivetran_tools.serving.ports import address, is_free, keep_ports, port_of, wait_until_free


@pytest.fixture
def store(tmp_path):
    with AccountStore(tmp_path) as store:
        yield store


@pytest.fixture
def taken():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def connection(identity, trigger):
    made = {"group_id": "g", "service": "google_cloud_function", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    config = {"schema": identity, "function_trigger": trigger, "secrets_list": [{"key": "k", "value": "v"}]}
    return ConnectionSettings(id=identity, schema=identity, config=config, **made)


def test_ports_are_chosen_once_and_outlive_the_process(tmp_path, taken):
    with AccountStore(tmp_path) as store:
        first = keep_ports(store, ["hed", "users"], taken)
        assert taken not in first.values()
        assert len(set(first.values())) == 2
    with AccountStore(tmp_path) as store:
        later = keep_ports(store, ["accounts", "hed", "users"], 20_000)
    assert {name: later[name] for name in first} == first
    assert later["accounts"] not in first.values()


def test_a_function_that_left_deploy_yaml_has_its_port_again_when_it_comes_back(store):
    first = keep_ports(store, ["hed", "users"])
    keep_ports(store, ["users"])
    assert keep_ports(store, ["hed", "users"]) == first


def test_connections_follow_functions_that_get_other_ports(store, taken):
    before = keep_ports(store, ["hed"])["hed"]
    store.put("connections", connection("one", address(before)))
    store.put("connections", connection("slash", address(before) + "/"))
    store.put("connections", connection("by_name", f"http://localhost:{before}/path?code=1"))
    store.put("connections", connection("tls", f"https://127.0.0.1:{before}"))
    store.put("connections", connection("other", "https://example.com/hed"))
    kept = dict(store.account.connections)
    after = keep_ports(store, ["hed"], before + 1, anew=True)["hed"]
    assert after > before
    account = store.account
    moved = {"one": address(after), "slash": address(after) + "/", "by_name": f"http://localhost:{after}/path?code=1"}
    assert {name: account.connections[name].config["function_trigger"] for name in moved} == moved
    assert {name: account.connections[name] for name in ("other", "tls")} == {n: kept[n] for n in ("other", "tls")}
    assert account.connections["one"].config["secrets_list"] == [{"key": "k", "value": "v"}]


def test_what_gets_no_new_port_keeps_its_own(store):
    source = keep_ports(store, ["source of hed"])
    keep_ports(store, ["hed"], 20_000, anew=True)
    assert keep_ports(store, ["source of hed"]) == source


def test_when_there_is_no_free_port_the_way_out_is_named(store, mocker):
    mocker.patch("fivetran_tools.serving.ports.is_free", return_value=False)
    with pytest.raises(CommandError, match="from 65000 on: choose a lower one with --function-ports-from"):
        keep_ports(store, ["hed"], 65_000)


def test_a_port_is_waited_for_and_not_for_ever(taken):
    assert not is_free(taken)
    assert not wait_until_free(taken, 0.05)
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        free = trial.getsockname()[1]
    assert wait_until_free(free, 0.0)


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://127.0.0.1:8801", 8801),
        ("http://localhost:8801/main?code=1", 8801),
        ("http://LOCALHOST:8801/", 8801),
        ("http://[::1]:8801", 8801),
        ("https://127.0.0.1:8801", None),
        ("http://example.com:8801", None),
        ("http://127.0.0.1", None),
        ("http://127.0.0.1:x", None),
        ("http://[", None),
        ("", None),
    ],
)
def test_a_port_of_this_machine_is_the_same_however_its_address_is_written(url, port):
    assert port_of(url) == port
