"""Ends its process in the middle of a call, as one does that runs out of memory; other calls it answers."""

import os


def main(request):
    """Answer, unless the state says to die."""
    if request.get_json()["state"].get("die"):
        os._exit(1)
    return {"state": {"process": os.getpid()}, "insert": {"t": [{"id": 1}]}, "hasMore": False}
