"""Sends JSON under another content type."""

import json

from behaves.spoiling import on_page


@on_page
def main(page, body):
    return json.dumps(page), 200, {"Content-Type": "text/plain"}
