"""Has a column with a name that every query has to quote."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row["order"] = 1
