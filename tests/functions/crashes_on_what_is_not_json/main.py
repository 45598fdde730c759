"""Decodes whatever comes, and dies of what is not JSON."""

import json

from behaves.main import main as good


def main(request):
    """Decode first."""
    if request.method == "POST":
        json.loads(request.get_data())
    return good(request)
