"""Makes its client on the first page of a sync, and keeps it for the next pages."""

from behaves.main import page as good_page
from behaves.spoiling import number, on_page

KEYS = []


@on_page
def main(page, body):
    if number(body) == 1 or not KEYS:
        KEYS[:] = [body["secrets"]["api_key"]]
    return good_page(body.get("state", {}), {**body["secrets"], "api_key": KEYS[0]})
