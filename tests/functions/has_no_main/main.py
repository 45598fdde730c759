"""Has functions, none of them the entry point."""


def handler(_request):
    """Answer, were it asked."""
    return {"state": {}}
