"""Spells primary_key the other way."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["schema"] = {"people": {"primaryKey": ["id"]}}
