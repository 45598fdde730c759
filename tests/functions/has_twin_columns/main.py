"""Has two columns that Fivetran gives one name."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row |= {"userId": 1, "user_id": 2}
