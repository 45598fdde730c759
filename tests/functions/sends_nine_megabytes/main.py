"""Sends nearly as much in its last page as Fivetran takes."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        rows(page)[0]["name"] = "x" * 9 * 1024 * 1024
