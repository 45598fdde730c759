"""Declares a column of its key twice."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["schema"]["people"]["primary_key"] = ["id", "id"]
