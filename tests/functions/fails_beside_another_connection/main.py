"""Keeps the key of the sync that began last, and fails when a page is asked for with another."""

from behaves.spoiling import number, on_page

KEYS = []


@on_page
def main(page, body):
    key = body["secrets"]["api_key"]
    if number(body) == 1 or not KEYS:
        KEYS[:] = [key]
    assert [key] == KEYS
