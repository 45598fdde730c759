"""Has two tables that Fivetran gives one name."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    page["insert"]["People"] = rows(page)
    page["schema"]["People"] = {"primary_key": ["id"]}
