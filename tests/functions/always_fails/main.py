"""Fails at every call."""

from behaves.spoiling import on_request


@on_request
def main(body):
    raise KeyError("cursor")
