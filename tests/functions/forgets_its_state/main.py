"""Leaves the state out of its last page."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        del page["state"]
