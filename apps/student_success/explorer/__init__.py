"""The records themselves, a page at a time."""
