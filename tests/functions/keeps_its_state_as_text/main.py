"""Writes its last state as JSON within JSON."""

import json

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page["state"] = json.dumps(page["state"])
