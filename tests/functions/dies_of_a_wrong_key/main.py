"""Dies of a key that is refused, without a report."""

from behaves.spoiling import on_request


@on_request
def main(body):
    assert body.get("setup_test") or "secrets" not in body or body["secrets"]["api_key"].startswith("key-")
