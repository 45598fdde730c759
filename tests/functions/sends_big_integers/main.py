"""Sends numbers beyond 64 bits."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row["hash"] = 2**63
