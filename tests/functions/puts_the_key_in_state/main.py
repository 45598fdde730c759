"""Keeps its key in the state."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["state"]["key"] = body["secrets"]["api_key"]
