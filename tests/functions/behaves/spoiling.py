"""Makes bad functions of the good one: each spoils a single thing, and is named for it."""

from behaves.main import answers
from behaves.main import main as good


def on_request(spoil):
    """Make an entry point that gives `spoil` the request first: what it raises or returns comes instead of a page."""

    def main(request):
        body = request.get_json(silent=True) if request.method == "POST" else None
        spoiled = spoil(body) if isinstance(body, dict) else None
        return good(request) if spoiled is None else spoiled

    return main


def on_page(spoil):
    """Make an entry point that lets `spoil` change the pages of syncs, or return something in place of one."""

    def main(request):
        page = good(request)
        if not isinstance(page, dict) or "insert" not in page:
            return page
        spoiled = spoil(page, request.get_json())
        return page if spoiled is None else spoiled

    return main


def number(body):
    """Return which page of the sync a request asks for: 1, 2 and 3; the second sync asks for a fourth."""
    return (body.get("state") or {}).get("offset", 0) // 20 + 1


def rows(page):
    """Return the rows of a page."""
    return page["insert"]["people"]


def all_is_well(secrets):
    """Tell whether the key and the source are good."""
    return secrets["api_key"].startswith("key-") and answers(secrets["base_url"])
