"""Has a table whose rows have no key."""

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    page["insert"]["visits"] = [{"of": row["id"]} for row in rows(page)]
