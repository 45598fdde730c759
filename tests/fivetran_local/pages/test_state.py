"""A connection's state on its page, over HTTP."""

from tests.fivetran_local.pages.conftest import words_of


def test_a_state_is_shown_replaced_and_checked(reader, connections, loaded):
    home = f"/connections/{loaded}"
    assert '"page": 3' in reader.text(f"{home}/state")
    assert reader.post(f"{home}/state", state='{"page": 1, "x": "ü"}').status_code == 303
    assert connections.state(loaded) == {"page": 1, "x": "ü"}
    for wrong in ("", "{", "[]", "NaN", '{"a": Infinity}', "[" * 100_000, r'{"half": "\ud83d"}'):
        answer = reader.post(f"{home}/state", state=wrong)
        assert answer.status_code == 422
        assert 'id="state-error"' in answer.text
    assert connections.state(loaded) == {"page": 1, "x": "ü"}


def test_before_the_first_sync_there_is_no_state_to_replace(reader, home):
    assert "State, as JSON" in reader.text(f"{home}/state")
    answer = reader.post(f"{home}/state", state="{}")
    assert answer.status_code == 409
    assert "it gets one from its first sync" in words_of(answer)


def test_a_state_is_not_replaced_while_a_sync_runs(reader, loaded, function):
    home = f"/connections/{loaded}"
    function.release.clear()
    function.held_from = 0
    try:
        assert reader.post(f"{home}/sync").status_code == 303
        assert function.reached.acquire(timeout=20)
        answer = reader.post(f"{home}/state", state="{}")
        assert answer.status_code == 409
        assert "while a sync is running" in words_of(answer)
        assert "Replace the state</button> <span" in reader.get(f"{home}/state").text
        live = reader.text(home)
        assert "Syncing" in live
        assert "No call has been answered yet" in live
    finally:
        function.held_from = None
        function.release.set()


def test_what_is_not_a_form_is_refused(reader, home):
    headers = {"Origin": reader.running.url}
    url = f"{reader.running.url}{home}/state"
    for body, kind in ((b"{}", "application/json"), (b"state=%ff", "application/x-www-form-urlencoded")):
        sent = {**headers, "Content-Type": kind}
        assert reader.session.post(url, data=body, headers=sent, timeout=10).status_code == 400
    big = reader.session.post(
        url, data=b"a" * (5 << 20), headers={**headers, "Content-Type": "application/x-www-form-urlencoded"}, timeout=10
    )
    assert big.status_code == 400
