"""Needs something that is not installed."""

import a_module_that_is_not_there


def main(_request):
    """Never come to this."""
    return a_module_that_is_not_there.page()
