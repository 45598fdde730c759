"""Sends its key back in a header."""

import json

from behaves.spoiling import on_page


@on_page
def main(page, body):
    return json.dumps(page), 200, {"Content-Type": "application/json", "X-Key": body["secrets"]["api_key"]}
