"""Says in hasMore how many there are."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["hasMore"] = 0
