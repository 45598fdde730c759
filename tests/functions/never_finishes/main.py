"""Always says that there is more, and counts on."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["hasMore"] = True
    page["state"]["calls"] = page["state"].get("calls", 0) + 1
