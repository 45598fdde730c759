"""Fails in a process that has not read the first page."""

from behaves.spoiling import number, on_page

KNOWN = set()


@on_page
def main(page, body):
    if number(body) == 1:
        KNOWN.add(body["secrets"]["api_key"])
    elif number(body) < 4:
        assert body["secrets"]["api_key"] in KNOWN
