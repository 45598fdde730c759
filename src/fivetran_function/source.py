"""Asking the source: one GET, with timeouts, retries and the invocation's time budget around it."""

import http.client
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Final

import orjson
import requests
from urllib3.exceptions import InvalidHeader, LocationParseError
from urllib3.util import Retry

from fivetran_function.budget import TimeBudget
from fivetran_function.errors import (
    ConfigurationError,
    CredentialsError,
    FunctionError,
    OutOfTimeError,
    PageError,
    SourceError,
    SourceStatusError,
)
from fivetran_function.session import DeadlineTimeout, SourceSession
from fivetran_protocol import kind_of

_LOG: Final = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 10.0
READ_SECONDS: Final = 60.0
RETRIED_STATUSES: Final = frozenset({408, 429, *range(500, 600)})
"""Statuses after which the same request may succeed later; proxies have their own between 520 and 599."""

_RETRIES: Final = Retry(
    total=5, backoff_factor=0.5, backoff_jitter=0.5, backoff_max=30, raise_on_status=False, allowed_methods=None
)
_SHORTEST_ATTEMPT_SECONDS: Final = 1.0

_session: SourceSession | None = None
_session_lock: Final = Lock()


def session() -> SourceSession:
    """Return the instance's session, made at the first invocation."""
    global _session  # noqa: PLW0603  # one for each instance is the point: connections outlive invocations
    with _session_lock:
        if _session is None:
            _session = SourceSession()
        return _session


class Source:
    """Asks a source within one invocation's time.

    Tried again, up to five times: connections that fail, and the statuses 408, 429 and 5xx.
    `Retry-After` is obeyed, in seconds or as a date; otherwise the first retry comes at once, the second after a
    second, and each wait is twice the last, with jitter. No wait and no attempt outlasts the budget.
    """

    def __init__(self, budget: TimeBudget, sleep: Callable[[float], None] | None = None) -> None:
        self._budget = budget
        # Looked up now, so that a test that patches time.sleep waits for nothing.
        self._sleep = time.sleep if sleep is None else sleep

    def get(
        self, url: str, params: Mapping[str, str | int] | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Return the source's successful answer, its body read.

        Raises:
            CredentialsError: 401 or 403.
            SourceStatusError: a status of 300 or above that is not worth another try, or that outlived all of them.
            OutOfTimeError: the next wait or attempt would outlast the function's timeout.
            ConfigurationError: a header's value, most likely the key, holds what no header can carry.
            SourceError: no answer at all, or one that cannot be read.
        """
        retries = _RETRIES
        while True:
            outcome = self._attempt(url, params, headers)
            # Asked by what it is not: in a test it may be a double of a response.
            if not isinstance(outcome, requests.RequestException) and outcome.status_code not in RETRIED_STATUSES:
                if outcome.status_code < HTTPStatus.MULTIPLE_CHOICES:
                    return outcome
                raise _refusal(outcome)
            failure = _failure(outcome)
            wait = _retry_after(outcome)
            if not retries.total:
                raise _final(failure, outcome)
            # The history is all that backoff needs; what went wrong is kept here, in words without a URL.
            retries = retries.increment("GET", "", error=OSError())
            wait = retries.get_backoff_time() if wait is None else wait
            if wait + _SHORTEST_ATTEMPT_SECONDS > self._budget.seconds_left:
                raise _out_of_time(failure, wait)
            _LOG.warning("%s; trying again in %.1f s", failure, wait)
            self._sleep(wait)

    def _attempt(
        self, url: str, params: Mapping[str, str | int] | None, headers: Mapping[str, str] | None
    ) -> requests.Response | requests.RequestException:
        left = self._budget.seconds_left
        if left <= 0:
            message = "the function's time was up before the source could be asked: the next sync goes on from here"
            raise OutOfTimeError(message)
        timeout = DeadlineTimeout(CONNECT_SECONDS, READ_SECONDS, left)
        try:
            return session().get(url, params=params, headers=headers, timeout=timeout)  # type: ignore[arg-type]
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            return error
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
            message = "a header's value holds characters that HTTP cannot carry: copy the key into the secrets again"
            raise ConfigurationError(message) from None
        except requests.exceptions.ContentDecodingError:
            message = "the source's answer could not be decompressed: the next sync tries again"
            raise SourceError(message) from None
        except (requests.RequestException, LocationParseError) as error:
            message = f"the source cannot be asked ({type(error).__name__}): check its address in the secrets"
            raise SourceError(message) from error


def decode_page(response: requests.Response) -> dict[str, object]:
    """Return the JSON object in a successful answer; integers beyond 64 bits come as the nearest double.

    Raises:
        PageError: it is not JSON, or JSON but no object; the text names what it is, its size and its content type.
    """
    content = response.content
    try:
        # A double in a test may have no bytes, only `.json()`.
        document = orjson.loads(content) if isinstance(content, bytes) else response.json()
    except ValueError:
        kind = response.headers.get("Content-Type", "no content type")
        message = f"the source's answer is not JSON: {len(content)} bytes of {kind}"
        raise PageError(message) from None
    if not isinstance(document, dict):
        message = f"the source's answer is {kind_of(document)}, expected an object"
        raise PageError(message)
    return document


def outline(document: Mapping[str, object]) -> str:
    """Describe an object by its first ten keys, their types and sizes; never by a value."""
    described = [
        f"{key}: {kind_of(value)}" + (f" of {len(value)}" if isinstance(value, list | dict) else "")
        for key, value in list(document.items())[:10]
    ]
    return "{" + ", ".join(described) + (", …}" if len(document) > len(described) else "}")


def _refusal(response: requests.Response) -> FunctionError:
    text = _status_text(response)
    if response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        message = f"{text}: it does not accept the key; check it in the connection's secrets"
        return CredentialsError(message)
    return SourceStatusError(text, response.status_code)


def _status_text(response: requests.Response) -> str:
    status = response.status_code
    name = http.client.responses.get(status, "")
    if status < HTTPStatus.BAD_REQUEST:
        return f"the source redirects ({status} {name}), which is not followed: put its final address into the secrets"
    return f"the source answered {status} {name}".rstrip()


def _failure(outcome: requests.Response | requests.RequestException) -> str:
    if not isinstance(outcome, requests.RequestException):
        return _status_text(outcome)
    if isinstance(outcome, requests.ConnectTimeout):
        return "no connection to the source in time"
    if isinstance(outcome, requests.Timeout):
        return "the source did not answer in time"
    if isinstance(outcome, requests.exceptions.SSLError):
        return "the source's TLS certificate could not be verified"
    return f"the connection to the source failed ({type(outcome).__name__})"


def _retry_after(outcome: requests.Response | requests.RequestException) -> float | None:
    header = None if isinstance(outcome, requests.RequestException) else outcome.headers.get("Retry-After")
    if not isinstance(header, str):
        return None
    try:
        return max(0.0, _RETRIES.parse_retry_after(header))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _final(failure: str, outcome: requests.Response | requests.RequestException) -> SourceError:
    tries = int(_RETRIES.total or 0) + 1
    message = f"{failure}, {tries} times in a row: the next sync tries again from the same place"
    if isinstance(outcome, requests.RequestException):
        return SourceError(message)
    return SourceStatusError(message, outcome.status_code)


def _out_of_time(failure: str, wait: float) -> OutOfTimeError:
    back_at = (datetime.now(UTC) + timedelta(seconds=wait)).isoformat(timespec="seconds")
    message = (
        f"{failure}, and waiting {wait:.0f} s more would outlast the function's timeout: "
        f"sync again after {back_at}; nothing is lost, the state has not moved"
    )
    return OutOfTimeError(message)
