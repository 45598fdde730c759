"""The sources that connectors read from, on this machine."""
