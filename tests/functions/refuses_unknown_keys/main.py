"""Refuses a request with a key that it does not know."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert set(body) <= {"agent", "state", "secrets", "sync_id", "setup_test", "customPayload"}
