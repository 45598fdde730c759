"""Has a row whose key is an object."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        rows(page)[0]["id"] = {"of": "person"}
