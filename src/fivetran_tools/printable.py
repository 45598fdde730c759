"""Text that leaves a terminal as it is: what a function, a source or gcloud said may hold what moves its cursor."""


def printable(text: str) -> str:
    """Return a text of the same length with a space for each character that is not printed, line ends included."""
    return "".join(character if character.isprintable() else " " for character in text)


def one_line(text: str) -> str:
    """Return a text on one line, printable, with single spaces between its words."""
    return " ".join(printable(text).split())


def printable_lines(text: str) -> str:
    """Return a text whose lines stay lines, each printable."""
    return "\n".join(map(printable, text.split("\n")))
