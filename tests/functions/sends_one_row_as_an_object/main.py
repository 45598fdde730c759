"""Sends a single row without a list around it."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        page["insert"]["people"] = rows(page)[0]
