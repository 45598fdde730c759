"""Fails when there is nothing new."""

from behaves.main import failure
from behaves.spoiling import on_request


@on_request
def main(body):
    return failure(500, "IndexError", "no page 4") if body.get("state") == {"offset": 60} else None
