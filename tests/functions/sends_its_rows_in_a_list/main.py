"""Sends its last rows as they are, not by table."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        page["insert"] = rows(page)
