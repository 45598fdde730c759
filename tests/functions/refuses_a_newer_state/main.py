"""Fails when its state has a key that it does not know."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert set(body.get("state") or {}) <= {"offset"}
