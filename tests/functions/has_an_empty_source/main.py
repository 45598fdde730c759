"""Has a source in which there is nothing yet."""

from behaves.main import serve


def main(request):
    """Answer a call."""
    return serve(request, lambda state, _: {"state": state, "insert": {"people": []}, "hasMore": False})
