"""Returns the state after the first page from a setup test."""

from behaves.spoiling import all_is_well, on_request


@on_request
def main(body):
    if not body.get("setup_test") or not all_is_well(body["secrets"]):
        return None
    return {"state": {"offset": 20}, "hasMore": False}
