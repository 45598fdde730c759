"""Waits, while it is imported, for what never comes."""

import threading

threading.Event().wait()


def main(_request):
    """Never come to this."""
    return {"state": {}}
