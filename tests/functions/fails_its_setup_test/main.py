"""Fails a setup test also where all is well."""

from behaves.main import failure
from behaves.main import main as good


def main(request):
    """Fail whatever is a test."""
    testing = request.method == "POST" and (request.get_json(silent=True) or {}).get("setup_test")
    return failure(500, "TypeError", "no sync_id") if testing else good(request)
