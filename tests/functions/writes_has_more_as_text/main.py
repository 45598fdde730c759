"""Says hasMore as a word."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["hasMore"] = str(page["hasMore"]).lower()
