"""Has a column that Fivetran fills itself."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row["_fivetran_synced"] = "2024-08-11T10:00:00Z"
