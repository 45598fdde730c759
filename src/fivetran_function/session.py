"""The HTTP session of a function instance: `requests`, less what it works out anew for every request.

One session serves all invocations of an instance, so connections are reused between pages. It keeps nothing of one
invocation for the next: no cookies, no credentials. `requests.Session.request` and `get` stay as they are, and the
adapter's `send`, so that what mocks `requests` mocks this.
"""

import http.client
import io
import os
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers, get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError
from urllib3.util import Timeout

_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "gzip"}
_CHUNK_BYTES: Final = 256 * 1024


class DeadlineTimeout(Timeout):
    """Connect and read timeouts, and a moment by which the whole body must be here.

    The read timeout alone is no bound: it starts again with every byte that a slow source sends.
    """

    def __init__(self, connect: float, read: float, seconds_in_all: float) -> None:
        super().__init__(total=seconds_in_all, connect=connect, read=read)
        self._deadline = time.monotonic() + seconds_in_all
        self._read_seconds = read

    def longest_silence(self) -> float:
        """Return for how long the next bytes may be waited for.

        Raises:
            TimeoutError: the moment has come.
        """
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, self._read_seconds)


class SourceSession(requests.Session):
    """A session that looks up proxies and certificates once, follows no redirect and keeps no cookie."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers = CaseInsensitiveDict(_HEADERS)
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._proxies_by_host: dict[str, dict[str, str]] = {}
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request with the session's headers; the URL of a plain GET is checked and quoted once."""
        if request.method != "GET" or request.data or request.json or request.auth or request.files:
            return super().prepare_request(request)
        checked = _checked(str(request.url))
        query = urlencode(request.params, doseq=True) if request.params else ""
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = f"{checked}{'&' if '?' in checked else '?'}{query}" if query else checked
        prepared.prepare_headers({**_HEADERS, **(request.headers or {})})
        return prepared

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Return what a request needs from the environment, looked up once for each host."""
        host = _origin(url)
        if host not in self._proxies_by_host:
            self._proxies_by_host[host] = dict(get_environ_proxies(url))
        return {
            "proxies": proxies or self._proxies_by_host[host],
            "stream": stream,
            "verify": self.verify if verify is None else verify,
            "cert": cert,
        }

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send one request and read its whole body before the deadline, if its timeout has one.

        Raises:
            requests.RequestException: as requests does; a body that takes too long is a ReadTimeout.
        """
        kwargs.pop("allow_redirects", None)
        response = self.get_adapter(url=request.url or "").send(request, **{**kwargs, "stream": True})
        raw, timeout = response.raw, kwargs.get("timeout")
        if isinstance(timeout, DeadlineTimeout) and isinstance(raw, HTTPResponse):
            # requests has no public way to hand over a body that was read under a deadline.
            response._content = raw.content if isinstance(raw, _Received) else _read_body(raw, timeout)  # noqa: SLF001
            response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        elif not kwargs.get("stream"):
            _ = response.content  # read now, as requests does, or its connection would never be free again
        return response


class _ShortWay:
    """A pool's `urlopen`, cut short for what a connector does page after page: a GET on a connection that is open.

    Opening one, with its TLS, its proxies and its timeouts, stays with urllib3, and so does everything that is no GET.
    """

    def urlopen(self: Any, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> Any:
        """Send a request and return its answer; its body is still to be read, unless it is a `_Received`."""
        timeout = options.get("timeout")
        if method != "GET" or body is not None or self.proxy or not isinstance(timeout, DeadlineTimeout):
            return super().urlopen(method, url, body, headers, **options)  # type: ignore[misc]
        connection = self._get_conn()
        if connection.is_closed:
            self._put_conn(connection)
            return super().urlopen(method, url, body, headers, **options)  # type: ignore[misc]
        answer = None
        try:
            answer, content = _exchange(connection, url, headers, timeout)
        except TimeoutError as error:
            raise ReadTimeoutError(self, url, "Read timed out.") from error
        except (OSError, http.client.HTTPException) as error:
            message = "Connection aborted."
            raise ProtocolError(message, error) from error
        finally:
            if answer is None:  # one that is to be the last has closed its connection itself
                connection.close()
            self._put_conn(connection)
        fields = CaseInsensitiveDict(answer.headers.items())
        said: dict[str, Any] = {
            "status": answer.status,
            "version": answer.version,
            "reason": answer.reason,
            "request_method": method,
        }
        if "Content-Encoding" not in fields:
            return _Received(content, fields, **said)
        return HTTPResponse(io.BytesIO(content), fields, preload_content=False, **said)


class _Received(HTTPResponse):
    """An answer whose body is in memory and was not compressed."""

    def __init__(self, content: bytes, fields: CaseInsensitiveDict[str], **said: Any) -> None:
        super().__init__(content, preload_content=False, **said)
        self.content = content
        self.fields = fields


def _exchange(
    connection: Any, url: str, headers: Mapping[str, str], timeout: DeadlineTimeout
) -> tuple[http.client.HTTPResponse, bytes]:
    """Send a GET on an open connection; return its answer and the body, still compressed if it came so."""
    socket = connection.sock  # which the connection lets go of at once where the answer is to be its last
    socket.settimeout(timeout.longest_silence())
    connection.putrequest("GET", url, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    chunks = []
    # Closed in any case: the connection is free for the next request only then, or may have let go of the answer.
    with http.client.HTTPConnection.getresponse(connection) as answer:
        while chunk := answer.read1(_CHUNK_BYTES):
            chunks.append(chunk)
            if not answer.isclosed():
                socket.settimeout(timeout.longest_silence())
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
    return answer, b"".join(chunks)


class _HttpPool(_ShortWay, HTTPConnectionPool):  # type: ignore[misc]  # the signature of urllib3 has more names
    pass


class _HttpsPool(_ShortWay, HTTPSConnectionPool):  # type: ignore[misc]
    pass


class _Adapter(HTTPAdapter):
    """The adapter of requests, remembering each host's pool and building no cookie jar."""

    def __init__(self) -> None:
        super().__init__()
        self.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        self._pools: dict[tuple[object, ...], Any] = {}

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        """Return the pool of the request's host, made and given its certificates at the first request."""
        key = (_origin(request.url), verify, cert, *sorted((proxies or {}).items()))
        pool = self._pools.get(key)
        if pool is None:
            pool = super().get_connection_with_tls_context(request, verify, proxies=proxies, cert=cert)
            super().cert_verify(pool, request.url, verify, cert)  # type: ignore[no-untyped-call]
            self._pools[key] = pool
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing is left to do: a pool has its certificates from when it was made."""

    def request_url(self, request: Any, proxies: Any) -> str:
        """Return what stands in the request line: the path, or through a proxy whatever that wants."""
        return super().request_url(request, proxies) if proxies else f"/{request.url.split('/', 3)[3]}"

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Make the response of requests from the one of urllib3, without looking for cookies."""
        response = requests.Response()
        response.status_code = resp.status
        response.headers = resp.fields if isinstance(resp, _Received) else CaseInsensitiveDict(resp.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw = resp
        response.reason = resp.reason or ""
        response.url = req.url
        response.request = req
        return response


def _read_body(raw: HTTPResponse, timeout: DeadlineTimeout) -> bytes:
    chunks = []
    socket = _socket(raw)
    try:
        while chunk := raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            longest_silence = timeout.longest_silence()
            if socket and not raw.closed:
                socket.settimeout(longest_silence)
    except TimeoutError as error:
        raw.close()
        message = "the body was still arriving when its time was up"
        raise requests.ReadTimeout(message) from error
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except HTTPError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    raw.release_conn()
    return b"".join(chunks)


def _socket(raw: HTTPResponse) -> Any:
    """Return the socket that a body arrives on, None where there is none (as in a test that answers from memory).

    A connection that the source wants closed has let go of it by now; only the file that is read from has it still.
    """
    return getattr(getattr(getattr(raw._fp, "fp", None), "raw", None), "_sock", None)  # noqa: SLF001


@lru_cache(maxsize=256)
def _checked(url: str) -> str:
    """Return a URL as requests would ask for it."""
    prepared = requests.PreparedRequest()
    prepared.prepare_url(url, None)
    return str(prepared.url)


def _origin(url: str) -> str:
    """Return scheme, host and port of a URL, as they are written in it."""
    return "/".join(url.split("/", 3)[:3])
