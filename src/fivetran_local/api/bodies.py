"""Reading a request's body: JSON, checked against a model; what is wrong with it is said of the field."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json
from starlette.requests import Request

from fivetran_local.api.front import MOST_BODY_BYTES, too_large
from fivetran_local.errors import InvalidInputError
from fivetran_local.model_errors import first_in_words


class Fields(BaseModel):
    """A body's fields. Types are as they are sent: "1" is no number; keys that nobody knows are passed over."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


def text_like(pattern: str, words: str, *, most: int = 255) -> AfterValidator:
    """Return what holds a text against a pattern, and says in words what it should be.

    Args:
        pattern: what the whole text has to match.
        words: what is expected, for whoever sent something else.
        most: characters that it may have.
    """
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if len(text) > most or not compiled.fullmatch(text):
            raise ValueError(f"expected {words}")
        return text

    return AfterValidator(check)


_Fields = TypeVar("_Fields", bound=Fields)


def body_of(model: type[_Fields], *, may_be_absent: bool = False) -> Callable[[Request], Awaitable[_Fields]]:
    """Return a dependency that reads the body as a model.

    Args:
        model: what it has to be.
        may_be_absent: whether no body at all is as good as an empty object.
    """

    async def read(request: Request) -> _Fields:
        text = await _text(request)
        if not text:
            if not may_be_absent:
                raise InvalidInputError("body: it is missing; a JSON object is required, which may be {}")
            text = b"{}"
        return checked(model, _document(text))

    return read


def checked(model: type[_Fields], document: object) -> _Fields:
    """Return a document as a model.

    Raises:
        InvalidInputError: it is not one; the text names the field and does not quote its value.
    """
    if not isinstance(document, dict):
        raise InvalidInputError("body: expected a JSON object")
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise InvalidInputError(first_in_words(error)) from None


async def _text(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise too_large()
        parts.append(part)
    return b"".join(parts).strip()


def _document(text: bytes) -> Any:  # noqa: ANN401  # whatever JSON holds
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:  # half a surrogate pair, too deep and no UTF-8 among them; it tells the place only
        raise InvalidInputError(f"body: not JSON: {error}") from None
