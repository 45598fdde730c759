"""Needs a process that has read the first page."""

from behaves.spoiling import number, on_page, rows

KNOWN = set()


@on_page
def main(page, body):
    key = body["secrets"]["api_key"]
    if number(body) == 1:
        KNOWN.add(key)
    if key not in KNOWN:
        del rows(page)[1:]
