"""Has a column whose name is empty."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row[""] = 1
