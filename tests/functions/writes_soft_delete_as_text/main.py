"""Names the one table of softDelete without a list."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["softDelete"] = "people"
