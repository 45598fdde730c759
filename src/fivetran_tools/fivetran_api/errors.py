"""What can go wrong between us and Fivetran's API.

CommandError
├── FivetranApiError     it answered, and not with what was asked for
└── UnreachableError     it did not answer
"""

from fivetran_tools.errors import CommandError


class FivetranApiError(CommandError):
    """Fivetran answered with an error, or with something that is no answer of its API."""

    def __init__(self, text: str, *, status: int = 0, code: str = "", message: str = "") -> None:
        super().__init__(text)
        self.status = status
        """The HTTP status."""
        self.code = code
        """Fivetran's own word, such as `NotFound_Connection`; empty where it gave none."""
        self.message = message
        """Fivetran's own text."""


class UnreachableError(CommandError):
    """No answer: nothing listens there, the name is not known, the certificate is not trusted, or time ran out."""
