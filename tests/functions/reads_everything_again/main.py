"""Forgets after its last page how far it was."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["state"]["offset"] = 0
