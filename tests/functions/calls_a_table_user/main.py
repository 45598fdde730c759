"""Has a table with a name that every query has to quote."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    page["insert"]["user"] = rows(page)
    page["schema"]["user"] = {"primary_key": ["id"]}
