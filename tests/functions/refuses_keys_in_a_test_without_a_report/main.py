"""Refuses a wrong key in a setup test with a status alone."""

from behaves.spoiling import on_request


@on_request
def main(body):
    if body.get("setup_test") and not body["secrets"]["api_key"].startswith("key-"):
        return "", 401
    return None
