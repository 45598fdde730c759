"""Answers GET with a page for people."""

from behaves.main import main as good


def main(request):
    """Greet a visitor."""
    return ("<h1>It works</h1>", 405) if request.method == "GET" else good(request)
