"""Lists a table in softDelete that it fills under another name."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["softDelete"] = ["person"]
