"""Has the header that it sends in a row."""

import base64

from behaves.spoiling import on_page, rows


@on_page
def main(page, body):
    for row in rows(page):
        row["sent"] = "Basic " + base64.b64encode(b"me:" + body["secrets"]["api_key"].encode()).decode()
