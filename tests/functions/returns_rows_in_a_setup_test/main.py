"""Reads its first page to test the connection, and returns it."""

from behaves.main import page
from behaves.spoiling import all_is_well, on_request


@on_request
def main(body):
    if not body.get("setup_test") or not all_is_well(body["secrets"]):
        return None
    return {**page({}, body["secrets"]), "state": {}}
