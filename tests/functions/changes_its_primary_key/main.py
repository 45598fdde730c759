"""Declares another key from its second page on."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) > 1:
        page["schema"]["people"]["primary_key"] = ["id", "name"]
