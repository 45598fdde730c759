"""Sends a row twice in a page, the second time as it was before."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page)[:1]:
        rows(page).append({**row, "name": "before"})
