"""Keeps its settings in the state, as JSON."""

import json

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["state"]["settings"] = json.dumps({"settings": json.dumps(body["secrets"])})
