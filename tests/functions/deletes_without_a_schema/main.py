"""Deletes without saying by which key."""

from behaves.spoiling import number, on_page


@on_page
def main(page, body):
    if number(body) == 3:
        page |= {"insert": {}, "delete": {"people": [{"id": "1"}]}}
        del page["schema"]
