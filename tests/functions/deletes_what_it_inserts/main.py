"""Deletes a row that it inserts in the same page."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    page["delete"] = {"people": [{"id": row["id"]} for row in rows(page)[:1]]}
