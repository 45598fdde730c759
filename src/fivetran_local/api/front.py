"""What every request passes first: credentials, headers, the size of its body, and one spelling of its path."""

import threading
import time
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fivetran_local.account.credentials import Credentials
from fivetran_local.api.auth import BasicAuth
from fivetran_local.api.envelope import ApiError, failure
from fivetran_local.api.paths import canonical

MOST_BODY_BYTES: Final = 1024 * 1024
REQUESTS_AN_HOUR: Final = 20_000
"""Fivetran's limit for a paid account. It is counted and told; nobody is turned away for it."""

_PUBLIC: Final = "/public/"
_ACCEPTED: Final = ("application/json", "application/*", "*/*")


class Front:
    """The API behind its front: what does not get past is answered here.

    Args:
        app: the API.
        credentials: who may pass; `/public/` is for anybody.
    """

    def __init__(self, app: ASGIApp, credentials: Credentials) -> None:
        self._app = app
        self._auth = BasicAuth(credentials)
        self._rate = _Rate()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        remaining = self._rate.count()

        async def send_with_rate(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-rate-limit"] = str(REQUESTS_AN_HOUR)
                headers["x-rate-limit-remaining"] = str(remaining)
            await send(message)

        try:
            self._check(scope)
        except ApiError as error:
            await failure(error)(scope, receive, send_with_rate)
            return
        path = canonical(scope["path"])
        await self._app({**scope, "path": path, "raw_path": path.encode()}, receive, send_with_rate)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if not scope["path"].startswith(_PUBLIC):
            authorization = headers.get("authorization")
            self._auth.check(None if authorization is None else authorization.encode("latin-1"))
        if b"%2f" in scope.get("raw_path", b"").lower():  # decoded, it would be another path
            raise ApiError(404, "HTTP 404 Not Found")
        _check_accept(headers.get("accept", ""))
        _check_body(headers)


class _Rate:
    """Counts the requests of an hour."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._hour, self._seen = -1, 0

    def count(self) -> int:
        """Count one more, and return how many there may be yet."""
        hour = int(time.time() // 3600)
        with self._counting:
            if hour != self._hour:
                self._hour, self._seen = hour, 0
            self._seen += 1
            return max(0, REQUESTS_AN_HOUR - self._seen)


def _check_accept(accept: str) -> None:
    """Refuse a client that wants anything but JSON. A header that names no type at all asks for nothing."""
    ranges = [part.partition(";")[0].strip().lower() for part in accept.split(",") if "/" in part]
    if ranges and not any(wanted.startswith(_ACCEPTED) for wanted in ranges):
        raise ApiError(406, "the answer is application/json, which the Accept header excludes")


def _check_body(headers: Headers) -> None:
    length = headers.get("content-length", "")
    if length == "0" or not (length or "transfer-encoding" in headers):
        return
    if not headers.get("content-type", "").strip().lower().startswith("application/json"):
        raise ApiError(415, "a body needs the header Content-Type: application/json")
    if length.isdigit() and int(length) > MOST_BODY_BYTES:
        raise too_large()


def too_large() -> ApiError:
    """Return the error that too large a body is."""
    return ApiError(413, f"the body is larger than {MOST_BODY_BYTES:,} bytes")
