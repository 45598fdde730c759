"""Says in its state when a page was read."""

import time

from behaves.spoiling import on_page


@on_page
def main(page, body):
    page["state"]["read_at"] = time.time_ns()
