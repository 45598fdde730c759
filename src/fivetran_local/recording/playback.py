"""Answering a function in its source's place, from a tape."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http import HTTPStatus
from typing import Final

from fivetran_local.recording.loopback import Visit, loopback_server
from fivetran_local.recording.tape import SourceAnswer, Tape

_NO_ANSWER: Final = HTTPStatus.MISDIRECTED_REQUEST
"""A status that nobody tries again, and that no source uses to say something of a cursor or of a key."""


class Playback:
    """Answers for any number of sources, all from the tape that is in it."""

    def __init__(self, servers: ExitStack) -> None:
        self._servers = servers
        self._standing_in: dict[str, str] = {}
        self.tape = Tape(())

    def standing_in_for(self, origin: str) -> str:
        """Return the origin to call instead of a source's."""
        if origin not in self._standing_in:
            server = loopback_server(partial(self._answer, origin))
            self._standing_in[origin] = self._servers.enter_context(server)
        return self._standing_in[origin]

    @property
    def addresses(self) -> dict[str, str]:
        """The source's origin for each that stands in for one."""
        return {here: origin for origin, here in self._standing_in.items()}

    def _answer(self, origin: str, visit: Visit, _body: bytes) -> None:
        answer = self.tape.next_answer(visit.command, origin + visit.path)
        if answer is None:
            text = json.dumps({"error": "the recording has no answer to this request"}).encode()
            headers = (("Content-Type", "application/json"),)
            answer = SourceAnswer(visit.command, "", _NO_ANSWER, headers, text)
        if answer.status is None:
            visit.leave()
            return
        if visit.command == "HEAD":
            visit.send(visit.start(answer.status, answer.headers))
            return
        missing = 1 if answer.cut else 0
        if missing:
            visit.leave()
        length = [] if answer.status in {204, 304} else [("Content-Length", str(len(answer.body) + missing))]
        visit.send(visit.start(answer.status, [*answer.headers, *length]) + answer.body)


@contextmanager
def playback() -> Iterator[Playback]:
    """Answer from tapes until the block ends."""
    with ExitStack() as servers:
        yield Playback(servers)
