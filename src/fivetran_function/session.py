"""The HTTP session of a function instance: `requests`, less what it works out anew for every request.

One session serves all invocations of an instance, so connections are reused between pages. It keeps nothing of one
invocation for the next: no cookies, no credentials. `requests.Session.request` and `get` stay as they are, and the
adapter's `send`, so that what mocks `requests` mocks this.
"""

import os
import time
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers, get_environ_proxies
from urllib3 import HTTPResponse
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
        self.deadline = time.monotonic() + seconds_in_all


class SourceSession(requests.Session):
    """A session that looks up proxies and certificates once, follows no redirect and keeps no cookie."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        self._proxies_by_host: dict[str, dict[str, str]] = {}
        self.mount("https://", _Adapter())
        self.mount("http://", _Adapter())

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare a request with the session's headers and without cookies; a URL is checked and quoted once."""
        prepared = requests.PreparedRequest()
        headers = {**_HEADERS, **(request.headers or {})}
        if request.method != "GET" or request.data or request.json or request.auth or request.files:
            prepared.prepare(
                method=request.method,
                url=request.url,
                headers=headers,
                files=request.files,
                params=request.params,
                data=request.data,
                json=request.json,
                auth=request.auth,
            )
            return prepared
        checked = _checked(str(request.url))
        query = urlencode(request.params, doseq=True) if request.params else ""
        prepared.method = request.method
        prepared.url = f"{checked}{'&' if '?' in checked else '?'}{query}" if query else checked
        prepared.prepare_headers(headers)
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
        timeout = kwargs.get("timeout")
        if isinstance(timeout, DeadlineTimeout) and isinstance(response.raw, HTTPResponse):
            # requests has no public way to hand over a body that was read under a deadline.
            response._content = _read_body(response.raw, timeout.deadline)  # noqa: SLF001
            response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
        elif not kwargs.get("stream"):
            _ = response.content  # read now, as requests does, or its connection would never be free again
        return response


class _Adapter(HTTPAdapter):
    """The adapter of requests, remembering each host's pool and building no cookie jar."""

    def __init__(self) -> None:
        super().__init__()
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
        response.headers = CaseInsensitiveDict(resp.headers)
        response.encoding = get_encoding_from_headers(response.headers)
        response.raw = resp
        response.reason = resp.reason or ""
        response.url = req.url
        response.request = req
        return response


def _read_body(raw: HTTPResponse, deadline: float) -> bytes:
    chunks = []
    socket = _socket(raw)
    longest_silence = socket.gettimeout() if socket else None
    try:
        while chunk := raw.read1(_CHUNK_BYTES, decode_content=True):
            chunks.append(chunk)
            left = deadline - time.monotonic()
            if left <= 0:
                raw.close()
                message = "the body was still arriving when its time was up"
                raise requests.ReadTimeout(message)
            if longest_silence and left < longest_silence:
                socket.settimeout(left)
    except ReadTimeoutError as error:
        raise requests.ReadTimeout(error) from error
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except HTTPError as error:
        raise requests.exceptions.ContentDecodingError(error) from error
    raw.release_conn()
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


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
