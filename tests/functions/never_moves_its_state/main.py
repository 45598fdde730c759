"""Says that there is more and returns the state it was given, on its last page."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page |= {"state": body["state"], "hasMore": True}
