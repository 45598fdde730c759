"""Sends rows as lists of values."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        page["insert"]["people"] = [list(row.values()) for row in rows(page)]
