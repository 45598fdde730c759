"""Returns to the state of an earlier page."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page |= {"state": {"offset": 20}, "hasMore": True}
