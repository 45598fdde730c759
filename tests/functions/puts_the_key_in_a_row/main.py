"""Has its key in a row, as in the address it was read from."""

from urllib.parse import urlencode

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row["source"] = "https://source.test/?" + urlencode({"key": body["secrets"]["api_key"]})
