"""Holds everything that it ever read."""

from behaves.spoiling import number, on_page

HELD = []


@on_page
def main(page, body):
    if number(body) == 3 and not HELD:
        HELD.append(bytes(range(256)) * 1024 * 1024)
