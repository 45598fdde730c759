"""Logs what it was called with."""

from behaves.spoiling import on_request


@on_request
def main(body):
    print(body)
