"""Takes a key that is refused for a source that is empty."""

from behaves.spoiling import on_request


@on_request
def main(body):
    if body.get("setup_test") or "secrets" not in body or body["secrets"]["api_key"].startswith("key-"):
        return None
    return {"state": body["state"], "hasMore": False}
