"""Calls insert by another name on its last page."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["upsert"] = page.pop("insert")
