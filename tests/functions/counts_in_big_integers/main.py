"""Keeps a number in its state that few others can hold."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["state"].setdefault("mark", 2**64)
