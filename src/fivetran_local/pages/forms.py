"""What a form sends: names and texts, as browsers encode them; no more of it than a form of ours can be."""

from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends
from starlette.requests import Request

from fivetran_local.errors import InvalidInputError

MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_FIELDS: Final = 5000


class FormError(InvalidInputError):
    """What was sent is not a form, or too much of one."""


class Form:
    """The fields of a form in the order in which they were sent."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = fields

    def text(self, name: str) -> str:
        """Return a field without the white space around it; empty where it is missing."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """Return a field as it is; empty where it is missing."""
        return next((value for key, value in self._fields if key == name), "")

    def has(self, name: str) -> bool:
        """Tell whether there is a field of that name."""
        return any(key == name for key, _ in self._fields)

    def all(self, name: str) -> list[str]:
        """Return every field of that name."""
        return [value for key, value in self._fields if key == name]

    def pairs(self, name: str) -> Iterator[tuple[str, str]]:
        """Yield key and value of each row of a list of pairs; a row without a key is an empty one."""
        for key, value in zip(self.all(f"{name}.key"), self.all(f"{name}.value"), strict=False):
            if key.strip() or value:
                yield key.strip(), value


async def sent_form(request: Request) -> Form:
    """Read the form that a request sends.

    Raises:
        FormError: it is not one, or too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise FormError("expected a form, as application/x-www-form-urlencoded")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise FormError(f"the form holds more than {MOST_BYTES // 1024 // 1024} MB")
    try:
        text = bytes(body).decode()
        fields = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormError("the form is not encoded as UTF-8, or has too many fields") from None
    return Form([(name, value.replace("\r\n", "\n")) for name, value in fields])


SentForm = Annotated[Form, Depends(sent_form)]
