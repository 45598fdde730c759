"""Has a row without its key."""

from behaves.spoiling import number, on_page, rows


@on_page
def main(page, body):
    if number(body) == 3:
        del rows(page)[0]["id"]
