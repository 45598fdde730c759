"""Refuses what somebody entered as a custom payload."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert not body.get("customPayload")
