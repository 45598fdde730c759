"""What can be wrong with a model's server, in one line that says what to do, and never the key."""

import socket
import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from insights.providers.protocol import ProviderError

if TYPE_CHECKING:
    from openai import APIStatusError

MOST_WORDS = 200
"""Characters of a server's own words that an error repeats."""


def in_words(error: Exception, place: str, key: str, model: str, silent_seconds: float) -> ProviderError:
    """Return what an error of the client's library means to whoever asked."""
    import openai

    host = _host(place)
    if isinstance(error, openai.APIStatusError):
        return _refused_by_status(error, host, key, model)
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ProviderError):
            return cause
        if told := _told(cause, host, silent_seconds):
            return told
    if isinstance(error, openai.APIConnectionError):
        return ProviderError(f"{host} cannot be reached ({type(causes[-1]).__name__})")
    if isinstance(error, openai.APIError):
        return ProviderError(f"{host} broke off: {_said(error.message, key)}")
    return ProviderError(f"{host} answered something that is no answer of a model ({type(error).__name__})")


def _told(cause: BaseException, host: str, silent_seconds: float) -> ProviderError | None:
    """Return what one cause means. The HTTP client's are known by name: which client it is depends on openai's age."""
    kind = type(cause).__name__
    if kind in ("ConnectTimeout", "PoolTimeout"):
        return ProviderError(f"{host} cannot be reached: is the address right, and the network up?")
    if kind in ("ReadTimeout", "WriteTimeout"):
        return ProviderError(f"{host} said nothing for {silent_seconds:.0f} s: try again, or choose a faster model")
    if isinstance(cause, ssl.SSLError):
        return ProviderError(f"{host} shows a certificate that this machine does not trust: nothing was sent")
    if isinstance(cause, socket.gaierror):
        return ProviderError(f"there is no host {host}: look at the model's address in the settings")
    if isinstance(cause, ConnectionRefusedError):
        return ProviderError(f"nothing answers at {host}: start the model's server, or correct its address")
    if kind in ("RemoteProtocolError", "ReadError"):
        return cut_off(f"//{host}")
    return None


def too_slow(place: str, seconds: float) -> ProviderError:
    """The whole answer took too long."""
    return ProviderError(f"{_host(place)} did not end its answer within {seconds:.0f} s: choose a faster model")


def cut_off(place: str) -> ProviderError:
    """The stream ended before the answer did."""
    return ProviderError(f"{_host(place)} broke off before the answer's end: start again")


def empty(place: str, *, at_limit: bool) -> ProviderError:
    """There was no text."""
    why = "it reached its limit of tokens before the first word" if at_limit else "try again, or another model"
    return ProviderError(f"{_host(place)} answered without a word: {why}")


def refused(place: str) -> ProviderError:
    """A filter, or the model itself, would not answer."""
    return ProviderError(f"{_host(place)} refused to answer: a content filter or the model itself; choose another")


def enormous(place: str) -> ProviderError:
    """More came than any answer has."""
    return ProviderError(f"{_host(place)} sent far more than an answer: it was not read further")


def no_stream(place: str, kind: str) -> ProviderError:
    """Something else than a model answered: a login page, a proxy."""
    what = kind[:40] if kind.isprintable() and kind else "something else"
    return ProviderError(f"{_host(place)} answered with {what}, not as a model: is /v1 missing from the address?")


def _refused_by_status(error: "APIStatusError", host: str, key: str, model: str) -> ProviderError:
    status = error.status_code
    if status in (401, 403):
        # Without the server's own words: they may repeat a part of the key.
        return ProviderError(f"{host} refuses the key ({status}): look at STUDENT_SUCCESS_MODEL_KEY, or its rights")
    if status == 404:
        return ProviderError(f"{host} knows no model {model!r} (404): look at the models in the settings")
    if status == 429:
        pause = str(error.response.headers.get("retry-after", ""))
        when = f"in {pause} s" if pause.isdigit() and len(pause) < 7 else "later"
        return ProviderError(f"{host} has too many questions, or its quota is used up (429): try again {when}")
    if 300 <= status < 400:
        return ProviderError(f"{host} sends prompts on to another address ({status}), which is not followed")
    if status >= 500:
        return ProviderError(f"{host} is in trouble ({status}): try again later, or choose another model")
    if isinstance(error.body, dict) and error.body.get("code") == "content_filter":
        return refused(f"//{host}")
    return ProviderError(f"{host} does not take the question ({status}): {_said(_message(error), key)}")


def _message(error: "APIStatusError") -> object:
    return error.body.get("message") if isinstance(error.body, dict) else "it says no more"


def _said(words: object, key: str) -> str:
    """Return a server's words on one line, cut, without the key."""
    line = " ".join(str(words).replace(key, "(key)").split())
    return line if len(line) <= MOST_WORDS else f"{line[:MOST_WORDS]}…"


def _host(place: str) -> str:
    return urlsplit(place).netloc


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in found:
        found.append(following)
        following = following.__cause__ or following.__context__
    return found
