"""An HTTP body as a field of a JSON object that a person reads, and back."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Final

from fivetran_local.errors import RefusedError
from fivetran_local.function import decode
from fivetran_local.json_text import compact
from fivetran_local.recording.masking import Masking
from fivetran_protocol import Json

_DEEPEST: Final = 200
"""JSON that is nested deeper is kept as text: writers of indented JSON refuse it."""


class MalformedRecordingError(Exception):
    """A part of a recording is not what it has to be; the text says which, in a clause."""


def body_fields(content: bytes, masking: Masking, *, json_name: str) -> dict[str, Json]:
    """Return a body as one field: its document under `json_name`, or else `text`, or else `base64`; none when empty.

    Text stays what would not come back as it was, apart from spaces and escapes: doubled keys, numbers like 1.10.

    Args:
        content: The body.
        masking: Applied to what is not text; the rest is masked where it is written.
        json_name: The field for a decoded document.
    """
    if not content:
        return {}
    try:
        document = decode(content)
    except RefusedError:
        return _text_fields(content, masking)
    if not is_shallow(document) or not _comes_back(document, content):
        return _text_fields(content, masking)
    return {json_name: document}  # type: ignore[dict-item]  # just decoded


def body_of(fields: Mapping[str, Json], *, json_name: str) -> bytes:
    """Return the body that `body_fields` wrote.

    Raises:
        MalformedRecordingError: a field is not of its type.
    """
    if json_name in fields:
        return compact(fields[json_name])
    if "text" in fields:
        return text_in(fields, "text").encode()
    if "base64" in fields:
        try:
            return base64.b64decode(text_in(fields, "base64"), validate=True)
        except binascii.Error:
            raise MalformedRecordingError("'base64' holds something else") from None
    return b""


def is_shallow(document: object, deepest: int = _DEEPEST) -> bool:
    """Tell whether a document can be written indented."""
    level = [document]
    for _ in range(deepest):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return True
    return False


def text_in(fields: Mapping[str, Json], name: str) -> str:
    """Return a field that is text, empty where it is missing.

    Raises:
        MalformedRecordingError: it is something else.
    """
    value = fields.get(name, "")
    if not isinstance(value, str):
        message = f"'{name}' is not text"
        raise MalformedRecordingError(message)
    return value


def _inside(value: object) -> list[object]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [one for one in inner if isinstance(one, dict | list)]


def _text_fields(content: bytes, masking: Masking) -> dict[str, Json]:
    try:
        return {"text": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(masking.binary(content)).decode()}


class _OddError(Exception):
    """What stands in a body is not how it would be written."""


def _comes_back(document: object, content: bytes) -> bool:
    if compact(document) == content.strip():  # by far the quickest way to see it, and the most frequent
        return True
    try:
        json.loads(content, object_pairs_hook=_keys_once, parse_float=_as_written, parse_int=_as_written)
    except _OddError:
        return False
    return True


def _keys_once(pairs: list[tuple[str, object]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _OddError


def _as_written(digits: str) -> None:
    if compact(json.loads(digits)) != digits.encode():
        raise _OddError
