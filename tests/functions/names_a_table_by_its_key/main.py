"""Sends the key in place of a table's schema."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["schema"] = {"people": ["id"]}
