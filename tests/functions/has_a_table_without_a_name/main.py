"""Has rows for a table whose name is empty."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["insert"][""] = []
