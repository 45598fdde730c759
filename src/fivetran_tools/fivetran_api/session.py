"""One session with Fivetran's API: a request out, the envelope's content back, and one line for anything else."""

import json
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from fivetran_local.account.credentials import Credentials
from fivetran_tools.fivetran_api.address import ApiAddress
from fivetran_tools.fivetran_api.errors import FivetranApiError, UnreachableError
from fivetran_tools.fivetran_api.retrying import LONGEST_WAIT_SECONDS, TOO_MANY, AskAgain
from fivetran_tools.printable import one_line

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0
NO_CONTENT: Final = 204
MOST_BYTES: Final = 64 * 1024 * 1024

_LONGEST_TEXT: Final = 600
_PIECE_BYTES: Final = 256 * 1024
_HEADERS: Final = {"Accept": "application/json", "User-Agent": "fivetran-function-connectors"}


class _TooSlowError(Exception):
    """An answer began and does not end."""


class Session:
    """A session; it keeps connections open, follows no redirect, and puts credentials nowhere but in the header.

    Args:
        address: Which Fivetran.
        credentials: What logs in.
        announce: Told when a wait is asked for.
    """

    def __init__(
        self, address: ApiAddress, credentials: Credentials, announce: Callable[[str], object] | None = None
    ) -> None:
        self.address = address
        self._credentials = credentials
        self._session = requests.Session()
        self._session.trust_env = not address.is_local  # no proxy stands between us and our own machine
        self._session.auth = (credentials.api_key, credentials.api_secret)
        self._session.headers.update(_HEADERS)
        adapter = HTTPAdapter(max_retries=AskAgain.for_one_request(announce))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session.close()

    def ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> dict[str, Any]:
        """Return the whole JSON object that Fivetran answers with.

        Args:
            method: The HTTP method.
            path: What comes after the host, from `/v1` on.
            parameters: What comes after the `?`.
            body: What is sent as JSON; None sends nothing.
            seconds: How long the answer may take to begin, and to go on.

        Raises:
            FivetranApiError: the answer is an error, or no JSON object.
            UnreachableError: there is none.
        """
        what = f"{method} {path}"
        try:
            with self._session.request(
                method,
                f"{self.address.root}{path}",
                params=parameters,
                json=body,
                timeout=(CONNECT_SECONDS, seconds),
                allow_redirects=False,
                stream=True,
            ) as answer:
                content = _content(answer, time.monotonic() + seconds)
        except (requests.RequestException, HTTPError, OSError, _TooSlowError) as error:
            raise self._unreachable(error, what, seconds, asks=method == "GET") from error
        return self._read(answer, content, what)

    def _read(self, answer: requests.Response, content: bytes, what: str) -> dict[str, Any]:
        status, kind = answer.status_code, answer.headers.get("Content-Type", "")
        if 300 <= status < 400:
            text = f"{self._who} sends us elsewhere ({status}): is the address right? ({what})"
            raise FivetranApiError(text, status=status)
        if len(content) > MOST_BYTES:
            text = f"{self._who} answered {status} with more than {MOST_BYTES:,} bytes ({what})"
            raise FivetranApiError(text, status=status)
        if status == NO_CONTENT:
            return {}
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            document = None
        if isinstance(document, dict):
            if 200 <= status < 300:
                return document
            raise self._refused(answer, document, what)
        if not content.strip():
            found = "nothing"
        elif "html" in kind.lower() or content.lstrip()[:1] == b"<":
            found = "a web page, as a proxy or a login in between does"
        else:
            found = "something that is no JSON object"
        text = f"{self._who} answered {status} with {found} ({what})"
        raise FivetranApiError(text, status=status)

    def _refused(self, answer: requests.Response, document: Mapping[str, object], what: str) -> FivetranApiError:
        status = answer.status_code
        code, message = (
            one_line(str(value)) if isinstance(value := document.get(key), str) else "" for key in ("code", "message")
        )
        message = message if len(message) <= _LONGEST_TEXT else f"{message[:_LONGEST_TEXT]}..."
        said = f"{status} {code}".strip()
        text = f"Fivetran answered {said}: {message or 'it gave no reason'} ({what})"
        return FivetranApiError(text + self._advice(answer), status=status, code=code, message=message)

    def _advice(self, answer: requests.Response) -> str:
        if answer.status_code == 401:
            started = ", with which `./fivetran serve` has to be started too" if self.address.is_local else ""
            return f"; the credentials are those in {self._credentials.source}{started}"
        if answer.status_code == TOO_MANY:
            wait = one_line(answer.headers.get("Retry-After", ""))[:40]
            asks = (
                f"it asks to wait {wait} s, longer than the {LONGEST_WAIT_SECONDS:.0f} s that we wait: " if wait else ""
            )
            return f"; {asks}try again later"
        return ""

    @property
    def _who(self) -> str:
        return self.address.host

    def _unreachable(self, error: Exception, what: str, seconds: float, *, asks: bool) -> UnreachableError:
        """Say why there is no answer; `error` is never quoted whole: its text is urllib3's, several causes deep."""
        sent = True
        match _cause(error):
            case requests.ReadTimeout() | ReadTimeoutError() | _TooSlowError():
                why = f"{self._who} did not answer within {seconds:g} s"
            case requests.exceptions.SSLError() | SSLError():
                why, sent = f"the certificate of {self._who} is not to be trusted: is something in between?", False
            case requests.exceptions.ProxyError() | ProxyError():
                why, sent = f"{self._who} is not reached through the proxy that HTTPS_PROXY names", False
            case NewConnectionError():
                hint = "start it with `./fivetran serve`" if self.address.is_local else "is there a network?"
                why, sent = f"nothing answers at {self.address.root}: {hint}", False
            case requests.ConnectTimeout() | ConnectTimeoutError():
                why, sent = f"{self._who} takes no connection within {CONNECT_SECONDS:g} s", False
            case _:
                why = f"the connection to {self._who} broke before the answer was whole"
        maybe = "; it may have been done all the same: look before you try again" if sent and not asks else ""
        return UnreachableError(f"{why} ({what}){maybe}")


def _cause(error: Exception) -> object:
    """Return what urllib3 gave up for, where it tried several times."""
    return getattr(error.args[0], "reason", error) if error.args else error


def _content(answer: requests.Response, until: float) -> bytes:
    """Read an answer piece by piece, so that one which drips does not hold us for ever; no more than is looked at."""
    pieces, size = [], 0
    while size <= MOST_BYTES and (piece := answer.raw.read1(_PIECE_BYTES, decode_content=True)):
        pieces.append(piece)
        size += len(piece)
        if time.monotonic() > until:
            raise _TooSlowError
    return b"".join(pieces)
