"""What a person is asked for, with what is known as the default; where nobody is there, what is known is taken."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from fivetran_local.services import Field
from fivetran_tools.errors import UsageError


class Ask(Protocol):
    """Asks a person one question; a hidden answer is not shown while it is typed."""

    def __call__(self, question: str, default: str, *, hidden: bool) -> str:
        """Return the answer, or the default."""
        ...


@dataclass(frozen=True, slots=True)
class Answers:
    """Options, variables and questions, in this order.

    Args:
        ask: Asks a person; None where nobody is there, or is to be left alone.
    """

    ask: Ask | None = None

    def value(
        self,
        option: str,
        question: str,
        told: str | None,
        variable: str,
        otherwise: str | Callable[[], str] = "",
        *,
        required: bool = True,
        hidden: bool = False,
    ) -> str:
        """Return a value.

        Args:
            option: What gives it on the command line; a hidden value has none.
            question: What a person is asked.
            told: What the command line gave.
            variable: The environment variable that holds a default.
            otherwise: The default where the variable is not set, or what finds it.
            required: Whether an empty value is refused.
            hidden: Whether it is a secret.

        Raises:
            UsageError: it is missing.
        """
        if told is not None:
            found = told.strip()
        else:
            found = os.environ.get(variable, "").strip()
            if not found:
                found = otherwise if isinstance(otherwise, str) else otherwise()
            if self.ask:
                found = self.ask(question, found, hidden=hidden).strip()
        if required and not found:
            way = f"set {variable}" if hidden else f"pass {option}, or set {variable}"
            message = f"{question} is missing: {way}"
            raise UsageError(message)
        return found

    def field(self, field: Field, told: str | None) -> str:
        """Return the value of a field of a service's form.

        Raises:
            UsageError: it is required, and missing; or it is a secret that was given on the command line.
        """
        variable = f"FIVETRAN_{field.key.upper()}"
        hidden = field.kind.is_secret
        if hidden and told is not None:
            message = f"{field.key} is a secret, and no secret is given on a command line: set {variable}"
            raise UsageError(message)
        return self.value(
            f"--field {field.key}=VALUE", field.label, told, variable, required=field.required, hidden=hidden
        )
