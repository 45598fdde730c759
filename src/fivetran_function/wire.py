"""HTTP in and out of a function: Flask's request to a decoded body, a plain dict to fast JSON."""

import json
import re
import sys
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from fivetran_function.errors import FunctionError
from fivetran_protocol import ErrorReport

if TYPE_CHECKING:
    import flask

_MORE_THAN_64_BITS: Final = re.compile(rb"[0-9]{19}")

_EXAMPLE: Final = '{"agent": "test", "state": {}, "secrets": {"api_key": "..."}}'


class MethodNotAllowedError(FunctionError):
    """Somebody opened the function's address in a browser, or a health check did."""

    status = 405


class NotJsonError(FunctionError):
    """The body of the request is not JSON."""

    status = 400


def read_body(http_request: object) -> object:
    """Return the decoded body of a Flask request, or of a test double that has `.get_json()` or `.json`.

    The content type is not asked for: a body that is JSON is read as JSON.

    Raises:
        MethodNotAllowedError: it is a GET without a body.
        NotJsonError: the body is not JSON.
    """
    get_data = getattr(http_request, "get_data", None)
    body = get_data() if callable(get_data) else None
    if isinstance(body, bytes):
        if not body and getattr(http_request, "method", "POST") in {"GET", "HEAD"}:
            message = f"this is a Fivetran function: send it a POST with a JSON body such as {_EXAMPLE}"
            raise MethodNotAllowedError(message)
        return _decode(body)
    get_json = getattr(http_request, "get_json", None)
    document = get_json() if callable(get_json) else None
    if isinstance(document, Mapping):
        return document
    attribute = getattr(http_request, "json", None)
    return attribute if isinstance(attribute, Mapping) else document


def _decode(body: bytes) -> object:
    try:
        document = orjson.loads(body)
        # orjson reads a whole number beyond 64 bits as the nearest float; a state must come back as it was given.
        return json.loads(body) if _MORE_THAN_64_BITS.search(body) else document
    except orjson.JSONDecodeError as error:
        message = (
            f"the request body is not JSON ({error.msg} at byte {error.pos}): send a JSON object such as {_EXAMPLE}"
        )
        raise NotJsonError(message) from None


def encode(document: object) -> bytes:
    """Write a document as JSON, without spaces.

    Dates and UUIDs become their ISO text and Decimals keep their digits; NaN and the infinities, which JSON does not
    have, become null. What orjson does not write (integers beyond 64 bits, keys that are no text, halves of surrogate
    pairs) is written as well, by a slower way.

    Raises:
        TypeError: it holds something that has no JSON form.
        RecursionError: it is nested without end.
    """
    try:
        return orjson.dumps(document, default=_plain)
    except TypeError:
        return _slowly(document).encode()


def _slowly(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_slowly(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_slowly, value)) + "]"
    if isinstance(value, str) or type(value) is int:
        return json.dumps(value)
    return orjson.dumps(value if isinstance(value, _KNOWN_TO_ORJSON) else _plain(value)).decode()


_KNOWN_TO_ORJSON: Final = (type(None), bool, int, float, date, time, UUID, Enum)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return orjson.Fragment(str(value)) if value.is_finite() else None
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    message = f"a {type(value).__name__} has no JSON form: convert it before it goes into a row or the state"
    raise TypeError(message)


def speak_fast_json() -> None:
    """Have the Flask application that is running serialise dicts by `encode`, once each; elsewhere do nothing.

    Flask's own provider sorts keys, writes NaN, and turns dates into English, at several times the cost.
    """
    flask = sys.modules.get("flask")
    if flask is None or not flask.has_app_context():
        return
    app = flask.current_app._get_current_object()  # noqa: SLF001  # as in Flask's manual
    if not getattr(app.json, "speaks_fast_json", False):
        app.json = _fast_provider(app)


def _fast_provider(app: "flask.Flask") -> "flask.json.provider.JSONProvider":
    from flask.json.provider import JSONProvider

    class FastJson(JSONProvider):
        speaks_fast_json = True

        def dumps(self, obj: Any, **_kwargs: Any) -> str:  # noqa: ANN401  # Flask's signature
            return encode(obj).decode()

        def loads(self, s: str | bytes, **_kwargs: Any) -> Any:  # noqa: ANN401  # Flask's signature
            return orjson.loads(s)

        def response(self, *args: Any, **kwargs: Any) -> "flask.Response":  # noqa: ANN401  # Flask's signature
            document = args[0] if len(args) == 1 else args or kwargs
            try:
                return app.response_class(encode(document), mimetype="application/json")
            except (TypeError, ValueError, RecursionError) as error:
                report = ErrorReport(str(error), "PageError", ())
                return app.response_class(encode(report.to_wire()), status=500, mimetype="application/json")

    return FastJson(app)
