"""Says hasMore the first time only."""

import json

from behaves.spoiling import on_page

SEEN = set()


@on_page
def main(page, body):
    page["hasMore"] = page["hasMore"] and json.dumps(body) not in SEEN
    SEEN.add(json.dumps(body))
