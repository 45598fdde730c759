"""Takes a call and keeps it, deaf to any signal that can be ignored."""

import threading


def main(_request):
    """Wait for what never comes."""
    threading.Event().wait()
