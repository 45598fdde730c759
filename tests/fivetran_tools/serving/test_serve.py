"""What `serve` tells its parts of each other; the whole of it is in tests/end_to_end/test_serve.py."""

from fivetran_local.account.settings import ScheduleType
from fivetran_local.connections import NewConnection
from fivetran_tools.serving.ports import port_of
from fivetran_tools.serving.serve import syncs_of
from tests.support.function_over_http import function_over_http
from tests.support.local_fivetran import local_fivetran
from tests.support.waiting import until


def connect(connections, name, url):
    """Make a connection, and ask for a sync of it."""
    group = next(iter(connections.store.account.groups))
    config = {"schema": name, "function_trigger": url}
    settings = {"paused": False, "schedule_type": ScheduleType.MANUAL}
    new = NewConnection(
        group_id=group, service="google_cloud_function", config=config, settings=settings, run_setup_tests=False
    )
    identity = connections.create(new).settings.id
    connections.sync(identity)
    return identity


def test_every_sync_that_calls_a_function_counts_however_its_address_is_written(tmp_path):
    with (
        function_over_http(held_from=0) as function,
        function_over_http(held_from=0) as other,
        local_fivetran(tmp_path) as running,
    ):
        connections, port = running.local.connections, port_of(function.url)
        urls = {"one": f"http://127.0.0.1:{port}", "two": f"http://localhost:{port}/", "three": f"{function.url}main"}
        callers = [connect(connections, name, url) for name, url in urls.items()]
        connect(connections, "four", other.url)
        until(lambda: all(view.running for view in connections.all()))
        assert sorted(syncs_of(connections, port)) == sorted(connections.get(at).running.sync_id for at in callers)
        for held in (function, other):
            held.release.set()
