"""Fails when a request comes a second time."""

import json

from behaves.spoiling import on_page

SEEN = set()


@on_page
def main(page, body):
    assert json.dumps(body) not in SEEN
    SEEN.add(json.dumps(body))
