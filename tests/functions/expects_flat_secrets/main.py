"""Takes every secret for something that can be a header."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert not any(isinstance(value, dict) for value in body.get("secrets", {}).values())
