"""Fails where the sync would end."""

from behaves.main import failure
from behaves.spoiling import number, on_request


@on_request
def main(body):
    return failure(500, "SourceError", "page 3 is not there") if number(body) == 3 else None
