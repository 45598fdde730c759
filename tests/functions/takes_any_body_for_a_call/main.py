"""Takes a body that is not JSON for a call without a state."""

from behaves.main import main as good


def main(request):
    """Answer anything that is posted."""
    if request.method == "POST" and request.get_json(silent=True) is None:
        return {"state": {}, "hasMore": False}
    return good(request)
