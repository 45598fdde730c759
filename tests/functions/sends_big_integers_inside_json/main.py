"""Sends numbers beyond 64 bits deep in a column."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row["hashes"] = {"all": [1, -(2**63) - 1]}
