"""Deletes from a table whose key it does not declare."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["delete"] = {"teams": [{"id": "1"}]}
