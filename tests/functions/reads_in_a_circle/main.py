"""Asks its source for the same page again and again; only a counter moves."""

from behaves.main import people
from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["insert"]["people"] = people(body["secrets"]["api_key"])[:2]
    page["state"] = {"calls": page["state"].get("calls", 0) + 1}
    page["hasMore"] = True
