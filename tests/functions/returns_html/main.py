"""Answers its last page with HTML."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    return "<p>done</p>" if number(body) == 3 else None
