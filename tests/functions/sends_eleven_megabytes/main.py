"""Sends more in its last page than Fivetran takes."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        rows(page)[0]["name"] = "x" * 11 * 1024 * 1024
