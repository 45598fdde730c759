"""Answers its last page with an empty body."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    return "" if number(body) == 3 else None
