"""Takes every sync to have an id."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert body.get("setup_test") or body["sync_id"]
