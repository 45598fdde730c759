"""A proxy between a function and its source that passes everything on, and keeps what the source answered."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import SKIP_HEADER, Timeout, make_headers, parse_url

from fivetran_local.recording.encodings import decompressed, is_readable, readable_only
from fivetran_local.recording.keys import carries_a_key, keys_in_body, keys_in_header, keys_in_url, masked_url
from fivetran_local.recording.loopback import Visit, loopback_server
from fivetran_local.recording.tape import TOO_LARGE, SourceAnswer
from fivetran_protocol import MASK
from fivetran_protocol.limits import CALL_TIMEOUT_SECONDS

_CHUNK_BYTES: Final = 256 * 1024
_LARGEST_KEPT: Final = 64 * 1024 * 1024
"""Of all bodies of one call together, decompressed: more could not be read again."""
_UNREADABLE: Final = "was compressed in a way that cannot be read here, so that its keys could not be masked"
_ONE_CONNECTION: Final = frozenset(
    {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
     "upgrade"}
)  # fmt: skip
_NOT_KEPT: Final = frozenset({"content-length", "set-cookie", "date", "server", "via", "strict-transport-security"})


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
        self._room = _LARGEST_KEPT
        self._lock = threading.Lock()

    def take(self) -> tuple[list[SourceAnswer], set[str]]:
        """Return the answers since the last time, and the keys that they and the requests carried, by their names."""
        with self._lock:
            answers, self._notes = [note.answer for note in self._notes], []
            keys, self._keys = self._keys, set()
            self._room = _LARGEST_KEPT
        for answer in answers:
            if answer.body.lstrip()[:1] in (b"{", b"["):
                keys.update(keys_in_body(answer.body.decode("utf-8", "replace")))
        return answers, keys

    def learn(self, keys: Iterable[str]) -> None:
        """Keep in mind what must not be written."""
        with self._lock:
            self._keys.update(keys)

    def has_room(self, size: int) -> bool:
        """Tell whether a body can be kept, and keep its place."""
        with self._lock:
            fits = size <= self._room
            self._room -= size if fits else 0
        return fits

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
        self.learn(keys_in_url(url))
        self.learn(key for header in visit.headers.items() for key in keys_in_header(*header))
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
            _Passage(self, visit, response, note).run()
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

    def __init__(self, recorder: SourceRecorder, visit: Visit, response: urllib3.BaseHTTPResponse, note: _Note) -> None:
        self._recorder = recorder
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
        self._end(cut=False)
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
        before, headers = self._note.answer, list(self._response.headers.items())
        for name, value in headers:
            self._recorder.learn((*keys_in_header(name, value), *keys_in_url(value)))
        encoding = self._response.headers.get("Content-Encoding", "identity")
        body, left_out, dropped = bytes(self._kept), "", _NOT_KEPT | _ONE_CONNECTION
        if self._visit.command == "HEAD":
            dropped -= {"content-length"}
        elif body and encoding.lower() != "identity":
            if is_readable(encoding):
                plain = decompressed(body, encoding, _LARGEST_KEPT)
                if plain is not None:  # else the function cannot read it either, and gets it damaged again
                    body, dropped = plain, dropped | {"content-encoding"}
            else:
                body, left_out = b"", _UNREADABLE
        if not self._recorder.has_room(max(len(body), len(self._kept))):
            body, left_out = b"", TOO_LARGE
        kept = tuple(
            (name, MASK if carries_a_key(name) else masked_url(value))
            for name, value in headers
            if name.lower() not in dropped
        )
        status = self._response.status
        self._note.answer = SourceAnswer(before.method, before.url, status, kept, body, cut=cut, left_out=left_out)


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
            headers.add(name, readable_only(value) if name.lower() == "accept-encoding" else value)
    for name in ("User-Agent", "Accept-Encoding"):  # urllib3 adds its own where the function sent none
        if name not in headers:
            headers[name] = SKIP_HEADER
    return headers
