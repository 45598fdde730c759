"""Reads its key from secrets that may not be there."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert body["secrets"]
