"""`connector create` and `connector list`."""
