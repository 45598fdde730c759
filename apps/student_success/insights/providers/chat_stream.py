"""One prompt and its answer as a stream of chat completions, within limits that the other side cannot move."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from insights.providers import chat_errors
from insights.providers.protocol import CUT, MOST_CHARACTERS, MOST_TOKENS, Piece, Prompt, ProviderError

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_LOOK_SECONDS: Final = 0.2
"""How often somebody who waits for a piece asks whether to stop."""

_MOST_WAITED: Final = 10.0
"""A server that asks for a longer pause before the retry is not retried: its error says how long."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large an answer may be."""

    connect_seconds: float = 5.0
    silent_seconds: float = 60.0
    """Between two pieces of the answer."""
    whole_seconds: float = 180.0
    """From the question to the answer's end, the retry included."""
    tokens: int = MOST_TOKENS
    characters: int = MOST_CHARACTERS
    """Of text; the answer ends there, as at the tokens' limit."""
    received: int = 8_000_000
    """Bytes that are read at all; beyond them it is no answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """Where prompts go."""

    base_url: str
    key: str = field(repr=False)
    direct: bool
    """Past any proxy that the environment names: the loopback is not reached through one."""


def answered(
    server: Server, prompt: Prompt, model: str, stopped: Callable[[], bool], limits: Limits
) -> Iterator[Piece]:
    """Answer a prompt piece by piece.

    The request runs in an event loop of its own, because only there can it be ended at any moment: a socket that
    waits for a byte hears neither the clock nor somebody who presses Stop.

    Raises:
        ProviderError: no answer came, or not all of it.
    """
    import openai  # noqa: F401  # takes a while, and that is not the server's time

    end = monotonic() + limits.whole_seconds
    with asyncio.Runner() as runner:
        pieces = _pieces(server, prompt, model, limits)
        while piece := runner.run(_next(pieces, stopped, end, limits, server.base_url)):
            yield piece


async def _next(
    pieces: AsyncIterator[Piece], stopped: Callable[[], bool], end: float, limits: Limits, place: str
) -> Piece | None:
    coming = asyncio.ensure_future(anext(pieces, None))
    try:
        while not stopped():
            left = end - monotonic()
            if left <= 0:
                raise chat_errors.too_slow(place, limits.whole_seconds)
            await asyncio.wait({coming}, timeout=min(_LOOK_SECONDS, left))
            if coming.done():
                return coming.result()
        return None
    finally:
        if not coming.done():
            coming.cancel()
            with suppress(asyncio.CancelledError, ProviderError):
                await coming


async def _pieces(server: Server, prompt: Prompt, model: str, limits: Limits) -> AsyncIterator[Piece]:
    import openai

    timeout = openai.Timeout(limits.silent_seconds, connect=limits.connect_seconds)
    http = openai.DefaultAsyncHttpxClient(timeout=timeout, follow_redirects=False, trust_env=not server.direct)
    received = _Received(limits.received)
    http.event_hooks = {"response": [received.watch]}
    nobody: Any = openai.Omit()  # what the environment of another program says of organisations is not for this server
    headers = {"OpenAI-Organization": nobody, "OpenAI-Project": nobody, "Accept-Encoding": "identity"}
    client = openai.AsyncOpenAI(
        api_key=server.key, base_url=server.base_url, http_client=http, max_retries=1, timeout=timeout,
        default_headers=headers,
    )  # fmt: skip
    tally = _Tally(limits, server.base_url)
    try:
        async with client:
            async for chunk in _chunks(client, prompt, model, limits):
                if piece := tally.piece(chunk):
                    yield piece
                if tally.full:
                    break
    except ProviderError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever the other side's bytes do to the client's library
        # Not "from error": its text holds what the server said, and servers repeat keys.
        raise chat_errors.in_words(error, server.base_url, server.key, model, limits.silent_seconds) from None
    for piece in tally.last():
        yield piece


async def _chunks(client: "AsyncOpenAI", prompt: Prompt, model: str, limits: Limits) -> AsyncIterator[Any]:
    """Ask, and again without a parameter that this server refuses. A server that does not stream is one chunk."""
    import openai

    messages: Any = [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.question}]
    adaptable: dict[str, Any] = {
        "stream_options": {"include_usage": True}, "temperature": 0, "max_tokens": limits.tokens,
    }  # fmt: skip
    while True:
        try:
            raw = await client.chat.completions.with_raw_response.create(
                model=model, messages=messages, stream=True, **adaptable
            )
            break
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            refused = [name for name in adaptable if name in str(error)]
            if not refused:
                raise
            if refused == ["max_tokens"] or "max_completion_tokens" in str(error):
                adaptable["max_completion_tokens"] = limits.tokens
            for name in refused:
                del adaptable[name]
    kind = raw.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        whole = json.loads(await raw.http_response.aread())
        yield openai.types.chat.ChatCompletion.construct(**whole)
        return
    if kind != "text/event-stream":
        raise chat_errors.no_stream(str(client.base_url), kind)
    coming: Any = raw.parse()
    async with coming as stream:
        async for chunk in stream:
            yield chunk


class _Tally:
    """What came so far: how much text, why it ended, what it cost."""

    def __init__(self, limits: Limits, place: str) -> None:
        self._limits, self._place = limits, place
        self._characters, self._blank = 0, True
        self._ended: str | None = None
        self._prompt_tokens: int | None = None
        self._answer_tokens: int | None = None

    @property
    def full(self) -> bool:
        return self._characters >= self._limits.characters

    def piece(self, chunk: object) -> Piece | None:
        """Return the chunk's text, if it has any. The chunk that says what it all cost has no choices."""
        if usage := getattr(chunk, "usage", None):
            self._prompt_tokens = _tokens(getattr(usage, "prompt_tokens", None))
            self._answer_tokens = _tokens(getattr(usage, "completion_tokens", None))
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list) or not choices:
            return None
        choice = choices[0]
        said = getattr(choice, "delta", None) or getattr(choice, "message", None)
        if ended := getattr(choice, "finish_reason", None):
            self._ended = str(ended)
        if self._ended == "content_filter" or getattr(said, "refusal", None):
            raise chat_errors.refused(self._place)
        text = _text(getattr(said, "content", None))[: self._limits.characters - self._characters]
        self._characters += len(text)
        self._blank = self._blank and not text.strip()
        return Piece(text) if text else None

    def last(self) -> Iterator[Piece]:
        """Return what is left to say when the stream has ended."""
        if self._blank:
            raise chat_errors.empty(self._place, at_limit=self._ended == "length")
        if self.full or self._ended == "length":
            yield Piece(CUT)
        elif self._ended is None:
            raise chat_errors.cut_off(self._place)
        yield Piece("", self._prompt_tokens, self._answer_tokens)


def _text(content: object) -> str:
    if isinstance(content, list):  # some models on Databricks send their reasoning beside the text, as typed parts
        parts = [part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"]
        return "".join(map(_text, parts))
    # Half a surrogate pair is legal in JSON and nowhere else.
    return content.encode("utf-8", "replace").decode() if isinstance(content, str) else ""


def _tokens(count: object) -> int | None:
    return count if type(count) is int and 0 <= count <= 1_000_000_000 else None


class _Received:
    """Counts the bytes of an answer as they are read, so that no answer fills the memory."""

    def __init__(self, most: int) -> None:
        self._left = most

    async def watch(self, response: Any) -> None:  # noqa: ANN401  # of whichever HTTP client openai has
        pause = response.headers.get("retry-after", "")
        if pause.isdigit() and float(pause) > _MOST_WAITED:
            response.headers["x-should-retry"] = "false"
        response.aiter_bytes = partial(self._counted, response)

    async def _counted(self, response: Any, *arguments: Any) -> AsyncIterator[bytes]:  # noqa: ANN401
        # As they came over the network: nobody asked for compressed ones, which might be small only until unpacked.
        async with aclosing(response.aiter_raw(*arguments)) as raw:
            async for data in raw:
                self._left -= len(data)
                if self._left < 0:
                    raise chat_errors.enormous(str(response.url))
                yield data
