"""Keeps the first key that it sees for all connections."""

from behaves.main import page as good_page
from behaves.spoiling import on_page

KEYS = []


@on_page
def main(page, body):
    KEYS.append(body["secrets"]["api_key"])
    return good_page(body.get("state", {}), {**body["secrets"], "api_key": KEYS[0]})
