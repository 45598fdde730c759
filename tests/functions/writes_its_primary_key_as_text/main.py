"""Declares its key as a text."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["schema"]["people"]["primary_key"] = "id"
