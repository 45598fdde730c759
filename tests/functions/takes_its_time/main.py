"""Is slower on its last page than it has time."""

import time

from behaves.spoiling import number, on_request


@on_request
def main(body):
    if number(body) == 3:
        time.sleep(1.5)
