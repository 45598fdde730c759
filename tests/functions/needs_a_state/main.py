"""Takes a request without a state for a mistake."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert "state" in body
