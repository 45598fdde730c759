"""A proxy between a function and its source that passes everything on, and keeps what the source answered."""

import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER, Timeout, make_headers, parse_url

from fivetran_local.recording.loopback import Visit, loopback_server
from fivetran_local.recording.tape import SourceAnswer, masked_url
from fivetran_protocol.limits import CALL_TIMEOUT_SECONDS

_CHUNK_BYTES: Final = 256 * 1024
_LARGEST_KEPT: Final = 64 * 1024 * 1024
_SHORTEST_KEY: Final = 8
_ONE_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade"}
)  # fmt: skip
_NOT_KEPT: Final = frozenset({"content-length", "set-cookie", "date", "server", "via", "strict-transport-security"})
_CARRIES_A_KEY: Final = re.compile(r"auth|cookie|key|password|secret|signature|token", re.IGNORECASE)


@dataclass
class _Note:
    answer: SourceAnswer


class SourceRecorder:
    """Passes a function's requests on to one origin, and notes each with its answer.

    Nothing is retried and no redirect followed: those are the function's business.
    """

    def __init__(self, origin: str) -> None:
        """Args: `origin` is the source's scheme, host and port."""
        self._origin = origin
        self._manager = _manager(origin)
        self._notes: list[_Note] = []
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    def take(self) -> tuple[list[SourceAnswer], set[str]]:
        """Return the answers since the last time, and the keys that the requests carried in their headers."""
        with self._lock:
            notes, self._notes = self._notes, []
            keys, self._keys = self._keys, set()
        return [note.answer for note in notes], keys

    def close(self) -> None:
        """Close the connections to the source."""
        self._manager.clear()

    def pass_on(self, visit: Visit, body: bytes) -> None:
        """Answer one request with what the source answers."""
        if not visit.path.startswith("/"):
            visit.leave()
            return
        method, url = visit.command, self._origin + visit.path
        note = _Note(SourceAnswer(method, masked_url(url), failure="no answer had come when the call ended"))
        with self._lock:
            self._notes.append(note)
            self._keys.update(_keys_in(visit))
        try:
            response = self._manager.urlopen(
                method,
                url,
                body=body or None,
                headers=_headers_for_the_source(visit),
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=Timeout(connect=10.0, read=CALL_TIMEOUT_SECONDS),
            )
        except (HTTPError, UnicodeError, ValueError) as error:
            note.answer = SourceAnswer(method, masked_url(url), failure=f"no answer ({type(error).__name__})")
            visit.leave()
            return
        try:
            _Passage(visit, response, note).run()
        except OSError:  # the function has left, and what is unread stays unread
            response.close()
            raise
        response.release_conn()


@contextmanager
def recorded_source(origin: str) -> Iterator[tuple[str, SourceRecorder]]:
    """Stand in for a source until the block ends; yield the origin to use instead, and what it records."""
    recorder = SourceRecorder(origin)
    try:
        with loopback_server(recorder.pass_on) as standing_in:
            yield standing_in, recorder
    finally:
        recorder.close()


class _Passage:
    """One answer on its way through.

    The note is complete before the last bytes are sent: as soon as a function has them it may end its call.
    """

    def __init__(self, visit: Visit, response: urllib3.BaseHTTPResponse, note: _Note) -> None:
        self._visit = visit
        self._response = response
        self._note = note
        self._kept = bytearray()
        self._has_body = visit.command != "HEAD" and response.status not in {204, 304}
        in_pieces = "chunked" in response.headers.get("Transfer-Encoding", "").lower()
        self._length = None if in_pieces else response.headers.get("Content-Length")
        self._chunked = self._has_body and self._length is None

    def run(self) -> None:
        waiting = self._visit.start(self._response.status, self._headers(), self._response.reason or "")
        passed = 0
        try:
            while self._has_body and str(passed) != self._length:
                chunk = self._response.read1(_CHUNK_BYTES, decode_content=False)
                if not chunk:
                    break
                if passed:
                    self._visit.send(waiting)
                    waiting = b""
                waiting += self._framed(chunk)
                passed += len(chunk)
                if len(self._kept) <= _LARGEST_KEPT:
                    self._kept += chunk
        except HTTPError:
            self._cut(waiting)
            return
        self._end(cut=len(self._kept) > _LARGEST_KEPT)
        self._visit.send(waiting + (b"0\r\n\r\n" if self._chunked else b""))

    def _cut(self, waiting: bytes) -> None:
        self._response.close()
        self._end(cut=True)
        self._visit.leave()
        self._visit.send(waiting)

    def _framed(self, chunk: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunked else chunk

    def _headers(self) -> list[tuple[str, str]]:
        dropped = _ONE_CONNECTION | {"content-length"} if self._chunked else _ONE_CONNECTION
        passed = [(name, value) for name, value in self._response.headers.items() if name.lower() not in dropped]
        return [*passed, ("Transfer-Encoding", "chunked")] if self._chunked else passed

    def _end(self, *, cut: bool) -> None:
        before = self._note.answer
        encoding = self._response.headers.get("Content-Encoding", "").lower()
        body = bytes(self._kept)
        plain = body if not encoding or cut else _decompressed(body, encoding)
        dropped = _NOT_KEPT | _ONE_CONNECTION
        if self._visit.command == "HEAD":
            dropped -= {"content-length"}
        elif plain is not None:
            dropped |= {"content-encoding"}
        headers = tuple((name, value) for name, value in self._response.headers.items() if name.lower() not in dropped)
        self._note.answer = SourceAnswer(
            before.method, before.url, self._response.status, headers, body if plain is None else plain, cut=cut
        )


def _manager(origin: str) -> urllib3.PoolManager:
    """Return what reaches an origin, through the proxy that the environment names, if any."""
    parts = urlsplit(origin)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.netloc):
        return urllib3.PoolManager(num_pools=1, maxsize=8)
    credentials = parse_url(proxy).auth
    headers = make_headers(proxy_basic_auth=credentials) if credentials else None
    return urllib3.ProxyManager(proxy, num_pools=1, maxsize=8, proxy_headers=headers)


def _headers_for_the_source(visit: Visit) -> urllib3.HTTPHeaderDict:
    headers = urllib3.HTTPHeaderDict()
    for name, value in visit.headers.items():
        if name.lower() not in _ONE_CONNECTION and name.lower() not in {"host", "content-length"}:
            headers.add(name, value)
    for name in ("User-Agent", "Accept-Encoding"):  # urllib3 adds its own where the function sent none
        if name not in headers:
            headers[name] = SKIP_HEADER
    return headers


def _keys_in(visit: Visit) -> set[str]:
    """Return what the function authenticates with: it may have it from elsewhere than its settings."""
    values = [value for name, value in visit.headers.items() if _CARRIES_A_KEY.search(name)]
    words = {word for value in values for word in (value, value.rpartition(" ")[2])}
    return {word for word in words if len(word) >= _SHORTEST_KEY}


def _decompressed(body: bytes, encoding: str) -> bytes | None:
    """Return what was compressed; None where it cannot be read, or is too much."""
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        return None
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by what its first bytes say
    try:
        plain = stream.decompress(body, _LARGEST_KEPT)
    except zlib.error:
        return None
    return plain if stream.eof and not stream.unused_data else None
