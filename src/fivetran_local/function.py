"""Reaching a function over HTTP, as Fivetran does, and telling an answer from a failure."""

import json
import math
import os
import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import orjson
import urllib3
from urllib3.exceptions import (
    HTTPError,
    LocationParseError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Url, parse_url

from fivetran_local.errors import (
    FunctionCallError,
    FunctionUnreachedError,
    RefusedError,
    SettingsRefusedError,
    TooLargeError,
)
from fivetran_local.hiding import is_address, with_parts_replaced
from fivetran_local.json_text import compact
from fivetran_protocol import MASK, ErrorReport, FunctionRequest
from fivetran_protocol.limits import CALL_TIMEOUT_SECONDS, MAX_RESPONSE_BYTES

TOKEN_VARIABLE: Final = "FUNCTION_ID_TOKEN"  # noqa: S105  # the name of a variable
"""Sent as a bearer token when set: a deployed function answers nobody without (`gcloud auth print-identity-token`)."""

_SETTINGS_REFUSED: Final = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_CONNECT_SECONDS: Final = 10.0
_CHUNK_BYTES: Final = 256 * 1024
_NINETEEN_DIGITS: Final = b"9" * 19
_DIGITS_TO_NINE: Final = bytes(0x39 if 0x30 <= byte <= 0x39 else 0 for byte in range(256))


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer, decoded but not yet read for what it means."""

    document: object
    size_bytes: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Received:
    """What came back from a call: a page, an error report, or anything else."""

    status: int
    content_type: str
    content: bytes
    seconds: float
    headers: tuple[tuple[str, str], ...] = ()


class FunctionClient:
    """Calls one function, one call at a time, over a connection that is kept.

    Nothing is retried, with one exception: a kept connection that the server had already closed is opened again.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = CALL_TIMEOUT_SECONDS,
        max_response_bytes: int = MAX_RESPONSE_BYTES,
        token: str | None = None,
    ) -> None:
        """Check the address; nothing is sent yet.

        Args:
            url: Called as it stands, and shown without what in it may be a key.
            timeout_seconds: What a call may take.
            max_response_bytes: What an answer may hold.
            token: Sent as a bearer token; where none is given, the one in FUNCTION_ID_TOKEN, and that to https:// only.

        Raises:
            FunctionCallError: the address, or the token, cannot be used.
        """
        if problem := address_problem(url):
            raise FunctionCallError(problem)
        self.url = url
        self._shown = without_credentials(url)
        self._timeout_seconds = timeout_seconds
        self._max_response_bytes = max_response_bytes
        self._pool = urllib3.PoolManager(num_pools=1, retries=False)
        self._headers = {"Content-Type": "application/json", "User-Agent": "fivetran-local"}
        bearer = _token_for(url) if token is None else token
        if bearer:
            if not (bearer.isascii() and bearer.isprintable()):
                message = f"the token in {TOKEN_VARIABLE} holds a character that no header can: set it again"
                raise FunctionCallError(message)
            self._headers["Authorization"] = f"Bearer {bearer}"
        self._connected = False

    def call(self, request: FunctionRequest) -> Answer:
        """Send one request and decode its answer.

        Raises:
            FunctionCallError: no answer in time, a status other than 2xx, or an error report, in the function's words.
            RefusedError: an answer that Fivetran would not take: too large, or not JSON.
        """
        return answer_in(self.send(compact(request.to_wire())))

    def send(self, body: bytes, *, method: str = "POST") -> Received:
        """Send a body as it is, and return what comes back, whatever it is.

        Raises:
            FunctionCallError: no whole answer in time.
            TooLargeError: the answer is larger than Fivetran takes.
        """
        started = time.monotonic()
        try:
            response, content = self._send(method, body, started)
        except (NewConnectionError, urllib3.exceptions.ConnectTimeoutError) as error:
            message = f"nothing answers at {self._shown}: is the function running, and is the address right?"
            raise FunctionUnreachedError(message) from error
        except (ReadTimeoutError, TimeoutError) as error:
            message = f"the function did not answer within {self._timeout_seconds:g} s, where Fivetran gives up"
            raise FunctionCallError(message) from error
        except SSLError as error:
            message = f"the TLS certificate of {self._shown} could not be verified: {error}"
            raise FunctionUnreachedError(message) from error
        except HTTPError as error:
            message = f"the function cut the connection without a whole answer ({type(error).__name__}): see its log"
            raise FunctionCallError(message) from error
        content_type = response.headers.get("Content-Type", "no content type")
        headers = tuple(response.headers.items())
        return Received(response.status, content_type, content, time.monotonic() - started, headers)

    def close(self) -> None:
        """Close the kept connection."""
        self._pool.clear()

    def _send(self, method: str, body: bytes, started: float) -> tuple[urllib3.BaseHTTPResponse, bytes]:
        try:
            return self._send_once(method, body, started)
        except ProtocolError as error:
            # A server may close a kept connection at the moment it is used again. Once a byte of an answer has come,
            # the function has seen the request, and it is not sent again.
            if not self._connected or not isinstance(error.args[-1], ConnectionError):
                raise
            self._connected = False
            self._pool.clear()
            return self._send_once(method, body, started)

    def _send_once(self, method: str, body: bytes, started: float) -> tuple[urllib3.BaseHTTPResponse, bytes]:
        deadline = started + self._timeout_seconds
        response = self._pool.request(
            method,
            self.url,
            body=body,
            headers=self._headers,
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(
                connect=min(_CONNECT_SECONDS, self._timeout_seconds), read=max(0.001, deadline - time.monotonic())
            ),
        )
        self._connected = False  # until its body is read: a connection cut within an answer is the function's failure
        chunks = []
        size = 0
        kept_socket = getattr(response.connection, "sock", None)
        while chunk := response.read1(_CHUNK_BYTES):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._max_response_bytes:
                response.close()
                message = (
                    f"the answer is larger than {self._max_response_bytes / 1024 / 1024:g} MB, which Fivetran does not "
                    "take: return fewer rows in a page"
                )
                raise TooLargeError(message)
            left = deadline - time.monotonic()
            if left <= 0:
                response.close()
                raise TimeoutError
            if kept_socket:
                kept_socket.settimeout(left)  # each byte starts the time that a read may take anew
        response.release_conn()
        self._connected = True
        return response, b"".join(chunks)


def _token_for(url: str) -> str:
    """Return the environment's token where it may go: a function of this machine asks for none."""
    return os.environ.get(TOKEN_VARIABLE, "").strip() if parse_url(url).scheme == "https" else ""


def address_problem(url: str) -> str | None:
    """Say why a function cannot be called at an address; None when it can."""
    try:
        parts = parse_url(url)
    except LocationParseError:
        parts = Url()
    if parts.scheme == "https" and parts.host:
        return None
    if parts.scheme == "http" and parts.host:
        if parts.host in {"localhost", "[::1]"} or parts.host.startswith("127."):
            return None
        return f"'{without_credentials(url)}' is not https://, and every call carries the secrets: use https://"
    return f"'{without_credentials(url)}' is not the address of a function: expected http://... or https://..."


def without_credentials(url: str) -> str:
    """Return an address as it may be shown: without a password or a query in it, and keys in its path masked."""
    address = re.sub(r"//[^/]*@", "//", url.partition("?")[0])
    return with_parts_replaced(address, lambda _: MASK) if is_address(address) else address


def answer_in(received: Received) -> Answer:
    """Return the successful answer in what came back.

    Raises:
        SettingsRefusedError: the status 400, 401 or 403.
        FunctionCallError: another status than 2xx, or an error report, in the function's words.
        RefusedError: it is not JSON.
    """
    content, content_type = received.content, received.content_type
    if received.status in _SETTINGS_REFUSED:
        raise SettingsRefusedError(_failure(received.status, content_type, content))
    if not 200 <= received.status < 300:
        raise FunctionCallError(_failure(received.status, content_type, content))
    document = decode(content, content_type)
    report = ErrorReport.from_wire(document)
    if report:
        message = f"the function reports an error: {report}"
        raise FunctionCallError(message)
    return Answer(document, len(content), received.seconds)


def decode(content: bytes, content_type: str = "JSON") -> object:
    """Decode an answer's body, integers of any length to the last digit.

    Raises:
        RefusedError: it is not JSON; NaN and the infinities are named, since Python writes them without being asked.
    """
    if not content:
        message = "the answer is empty: Fivetran expects a JSON object"
        raise RefusedError(message)
    try:
        # orjson reads integers beyond 64 bits as floats; only a body with so many digits in a row is read the slow way.
        if _NINETEEN_DIGITS in content.translate(_DIGITS_TO_NINE):
            return _decode_exactly(content)
        return orjson.loads(content)
    except (ValueError, RecursionError, _ConstantError):
        constant = constant_in(content)
        if constant:
            message = f"the answer holds {constant}, which is not JSON: Fivetran cannot read it; send null instead"
        else:
            message = (
                f"the answer is not JSON: {len(content)} bytes of {content_type}; return a JSON object, and check that "
                "the address is the function's"
            )
        raise RefusedError(message) from None


def _decode_exactly(content: bytes) -> object:
    """Decode as orjson does, strictly, but with every digit of an integer."""
    document = json.loads(content.decode(), parse_constant=_no_constant, parse_float=_finite)
    if b"\\ud" in content.lower():
        json.dumps(document, ensure_ascii=False).encode()  # fails where half a surrogate pair stands, which is no text
    return document


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


class _ConstantError(Exception):
    pass


def _no_constant(name: str) -> object:
    raise _ConstantError(name)


def constant_in(content: bytes) -> str | None:
    """Return the first NaN or infinity that keeps a body from being JSON, if that is all that is wrong with it."""
    try:
        json.loads(content, parse_constant=_no_constant)
    except _ConstantError as error:
        return str(error)
    except (ValueError, RecursionError):
        pass
    return None


def _failure(status: int, content_type: str, content: bytes) -> str:
    try:
        report = ErrorReport.from_wire(orjson.loads(content))
    except ValueError:
        report = None
    if report:
        return f"the function reports an error ({status}): {report}"
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return (
            f"the function's host answered {status} without an error report: it does not let us in; for a deployed "
            f"function put the output of `gcloud auth print-identity-token` into {TOKEN_VARIABLE}"
        )
    if 300 <= status < 400:
        return f"the function's address redirects ({status}), which Fivetran would not follow: use the final address"
    return (
        f"the function answered {status} without an error report ({len(content)} bytes of {content_type}): see its log"
    )
