"""Sends its schema as a list of tables."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["schema"] = ["people"]
