"""Spells hasMore the Python way: Fivetran stops after each page."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["has_more"] = page.pop("hasMore")
