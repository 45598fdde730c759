"""Fails when its state is beyond the last row."""

from behaves.spoiling import number, on_request


@on_request
def main(body):
    assert number(body) <= 4
