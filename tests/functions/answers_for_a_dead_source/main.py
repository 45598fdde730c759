"""Takes a source that does not answer for one that is empty."""

from behaves.main import answers
from behaves.spoiling import on_request


@on_request
def main(body):
    if body.get("setup_test") or "secrets" not in body or answers(body["secrets"]["base_url"]):
        return None
    return {"state": body["state"], "hasMore": False}
