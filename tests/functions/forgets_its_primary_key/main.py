"""Declares its key on the first page only."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) > 1:
        page["schema"] = {}
