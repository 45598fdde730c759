"""Failures of the command itself, each with a one-line text for the person at the terminal."""


class UsageError(Exception):
    """The words of the command were wrong, or a file they name: exit code 2."""


class CommandError(Exception):
    """The work could not be done: exit code 1."""
