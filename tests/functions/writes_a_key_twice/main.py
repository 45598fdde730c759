"""Writes a key of its state twice, of which a decoder keeps one."""

import json

from behaves.spoiling import on_page


@on_page
def main(page, body):
    text = json.dumps(page).replace('"state": {', '"state": {"offset": 0, ')
    return text, 200, {"Content-Type": "application/json"}
