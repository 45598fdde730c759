"""Sends infinity for a score."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        rows(page)[0]["score"] = float("-inf")
