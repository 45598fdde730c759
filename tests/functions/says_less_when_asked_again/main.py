"""Takes a request that it has seen for one that needs no rows."""

import json

from behaves.spoiling import on_page, rows

SEEN = set()


@on_page
def main(page, body):
    if json.dumps(body) in SEEN:
        del rows(page)[1:]
    SEEN.add(json.dumps(body))
