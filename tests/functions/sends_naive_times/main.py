"""Sends times without a zone."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row["seen_at"] = "2024-08-11 10:00:00"
