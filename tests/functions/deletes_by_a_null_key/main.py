"""Deletes a row whose key is null."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["delete"] = {"people": [{"id": None}]}
