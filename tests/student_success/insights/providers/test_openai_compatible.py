"""A model's server behind an address, driven through the real client over real HTTP."""

import logging
import socket
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest

from insights.providers.chat_stream import Limits
from insights.providers.openai_compatible import OpenAICompatible, from_settings
from insights.providers.protocol import CUT, Piece, Prompt, ProviderError
from tests.support import model_server as servers
from tests.support.model_server import Behaviour, ModelServer, model_server, settings
from tests.support.self_signed import self_signed

pytestmark = pytest.mark.slow

KEY = "sk-local-1234567890"
PROMPT = Prompt("Only use the figures.", "GPA: 2.91", "1")
USUAL = Limits()
"""For what ends by itself, however slow the machine is today."""


def never() -> bool:
    return False


def provider(model: ModelServer, limits: Limits = USUAL) -> OpenAICompatible:
    made = from_settings(settings(model, KEY), {})
    assert made is not None
    return replace(made, limits=limits)


def written(model: ModelServer, limits: Limits = USUAL, stopped: Callable[[], bool] = never) -> list[Piece]:
    return list(provider(model, limits).write(PROMPT, "small", stopped))


def text(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def failure(behave: Behaviour, limits: Limits = USUAL) -> str:
    with model_server(behave) as model, pytest.raises(ProviderError) as raised:
        written(model, limits)
    return str(raised.value)


def test_an_answer_comes_piece_by_piece_and_says_what_it_cost() -> None:
    with model_server() as model:
        pieces = written(model)
    assert [piece.text for piece in pieces] == [*servers.WORDS, ""]
    assert (pieces[-1].prompt_tokens, pieces[-1].answer_tokens) == (812, 34)


def test_a_piece_is_there_before_the_next_was_sent() -> None:
    seen = threading.Event()

    def behave(call: servers.Call) -> None:
        call.begin()
        call.text("first")
        assert seen.wait(5)
        call.text("second")
        call.end()

    with model_server(behave) as model:
        pieces = provider(model).write(PROMPT, "small", never)
        assert next(pieces).text == "first"
        seen.set()
        assert text(list(pieces)) == "second"


def test_what_is_asked_is_the_prompt_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "of-another-program")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with model_server() as model:
        written(model)
    [asked] = model.asked
    assert asked.path == "/v1/chat/completions"
    assert asked.body == {
        "model": "small", "stream": True, "stream_options": {"include_usage": True}, "temperature": 0,
        "max_tokens": Limits().tokens,
        "messages": [
            {"role": "system", "content": PROMPT.rules}, {"role": "user", "content": PROMPT.question},
        ],
    }  # fmt: skip
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    assert "of-another-program" not in str(asked.headers)


def test_a_server_that_does_not_stream_is_heard_as_well() -> None:
    with model_server(servers.plain) as model:
        pieces = written(model)
    assert text(pieces) == "".join(servers.WORDS)
    assert pieces[-1] == Piece("", 812, 34)


@pytest.mark.parametrize("refused", ["stream_options", "temperature", "max_tokens"])
def test_a_parameter_that_a_server_refuses_is_left_out(refused: str) -> None:
    with model_server(servers.first(servers.refusing(400, f"{refused}: not permitted"), servers.good)) as model:
        assert text(written(model)) == "".join(servers.WORDS)
    first, second = (asked.body for asked in model.asked)
    assert set(first) - set(second) == {refused}
    assert second.get("max_completion_tokens", second.get("max_tokens")) == Limits().tokens


def test_reasoning_beside_the_text_is_not_the_text() -> None:
    parts = [{"type": "reasoning", "summary": []}, {"type": "text", "text": "GPA is 2.91."}]
    with model_server(servers.saying(servers.chunk(parts, "stop"))) as model:
        assert text(written(model)) == "GPA is 2.91."


def test_half_a_surrogate_pair_can_be_kept_afterwards() -> None:
    with model_server(servers.saying(servers.chunk("a\ud800b", "stop"))) as model:
        assert text(written(model)).encode() == b"a?b"


@pytest.mark.parametrize("cost", [-1, 10**30, "many", True, None, [3]])
def test_a_cost_that_is_no_count_is_not_known(cost: object) -> None:
    events = [
        servers.chunk("GPA", "stop"),
        {"choices": [], "usage": {"prompt_tokens": cost, "completion_tokens": cost}},
    ]
    with model_server(servers.saying(*events)) as model:
        assert written(model)[-1] == Piece("")


def test_a_server_in_trouble_is_asked_once_more() -> None:
    with model_server(servers.first(servers.refusing(500, Retry_After="0"), servers.good)) as model:
        assert text(written(model)) == "".join(servers.WORDS)
    assert len(model.asked) == 2


def test_nothing_is_asked_again_once_the_answer_has_begun() -> None:
    with model_server(servers.cut_off) as model:
        pieces = provider(model).write(PROMPT, "small", never)
        assert next(pieces).text == "Half an"
        with pytest.raises(ProviderError, match="broke off before the answer's end"):
            list(pieces)
    assert len(model.asked) == 1


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (servers.refusing(401, f"Incorrect API key: {KEY}"), "refuses the key (401)"),
        (servers.refusing(403, KEY), "refuses the key (403)"),
        (servers.refusing(404, KEY), "knows no model 'small' (404)"),
        (servers.refusing(429, KEY, Retry_After="40"), "quota is used up (429): try again in 40 s"),
        (servers.refusing(500, KEY, Retry_After="40"), "is in trouble (500)"),
        (servers.refusing(400, f"too long for {KEY}"), "does not take the question (400): too long for (key)"),
        (lambda call: call.answer(400, {"error": {"code": "content_filter"}}), "refused to answer: a content filter"),
        (servers.unfinished, "broke off before the answer's end"),
        (servers.saying(servers.chunk("", "stop")), "answered without a word: try again"),
        (servers.saying(servers.chunk(" ", "length")), "reached its limit of tokens before the first word"),
        (servers.saying(servers.chunk("GPA", "content_filter")), "refused to answer: a content filter"),
        (servers.saying({"choices": [{"delta": {"refusal": "no"}}]}), "refused to answer"),
        (servers.saying({"error": {"message": f"boom {KEY}"}}), "broke off: boom (key)"),
        (servers.saying("not json"), "no answer of a model (JSONDecodeError)"),
        (servers.saying([1], 5, {"choices": "x"}, {"choices": [5]}), "answered without a word"),
        (lambda call: call.answer(200, "{"), "no answer of a model"),
        (lambda call: call.answer(200, "{}"), "answered without a word"),
        (lambda call: call.answer(200, "<html>", "text/html"), "answered with text/html, not as a model"),
        (servers.saying("x" * 9_000_000), "sent far more than an answer"),
        pytest.param(
            lambda call: call.answer(500, b"x" * 9_000_000), "sent far more than an answer", marks=pytest.mark.slow
        ),
    ],
)  # fmt: skip
def test_a_failure_is_one_line_without_the_key(behave: Behaviour, words: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with model_server(behave) as model, pytest.raises(ProviderError) as raised:
        written(model, USUAL)
    said = str(raised.value)
    assert words in said
    assert said.startswith(model.url.split("/")[2])
    assert "\n" not in said
    assert KEY not in caplog.text + "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("behave", [servers.dribble, servers.dribble_headers], ids=["body", "headers"])
def test_a_server_that_dribbles_is_left_when_the_whole_time_is_over(behave: Behaviour) -> None:
    with model_server(behave) as model:
        with pytest.raises(ProviderError, match="did not end its answer within 1 s"):
            written(model, Limits(whole_seconds=0.6))
        assert model.hung_up.wait(5)


def test_a_server_that_stops_in_the_middle_is_left_when_it_was_silent_for_too_long() -> None:
    assert "said nothing for 0 s" in failure(servers.slow, Limits(silent_seconds=0.2))


@pytest.mark.slow
def test_a_server_that_never_answers_is_asked_twice_at_most_and_left() -> None:
    with model_server(servers.silent) as model, pytest.raises(ProviderError, match="said nothing"):
        written(model, Limits(silent_seconds=0.2))
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(servers.silent, id="silent"),
        pytest.param(servers.dribble, id="dribbles", marks=pytest.mark.slow),
        pytest.param(servers.slow, id="slow", marks=pytest.mark.slow),
    ],
)
def test_stop_does_not_wait_for_the_server(behave: Behaviour) -> None:
    asked = chain([False, False, False], repeat(True))
    with model_server(behave) as model:
        pieces = written(model, USUAL, lambda: next(asked))
    assert text(pieces) in ("", "One")


def test_whoever_stops_reading_hangs_up() -> None:
    def behave(call: servers.Call) -> None:
        call.begin()
        while not call.server.model.over.wait(0.01):
            call.text("more ")

    with model_server(behave) as model:
        pieces = provider(model).write(PROMPT, "small", never)
        next(pieces)
        pieces.close()
        assert model.hung_up.wait(5)


def test_an_answer_that_is_too_long_ends_and_says_so() -> None:
    with model_server(servers.saying(*[servers.chunk("y" * 100)] * 20)) as model:
        assert text(written(model, Limits(characters=1_050))) == "y" * 1_050 + CUT


def test_an_answer_that_reached_the_limit_of_tokens_says_so() -> None:
    with model_server(servers.saying(servers.chunk("Half an", "length"))) as model:
        assert text(written(model)) == f"Half an{CUT}"


def test_compressed_bytes_are_not_unpacked() -> None:
    import gzip

    bomb = gzip.compress(b"x" * 5_000_000)
    behave = lambda call: call.answer(200, bomb, Content_Encoding="gzip")  # noqa: E731
    with model_server(behave) as model, pytest.raises(ProviderError, match="no answer of a model"):
        written(model)
    assert model.asked[0].headers["accept-encoding"] == "identity"


def test_a_redirect_is_not_followed() -> None:
    with (
        model_server() as other,
        model_server(servers.refusing(307, Location=f"{other.url}/chat/completions")) as model,
        pytest.raises(ProviderError, match=r"sends prompts on to another address \(307\)"),
    ):
        written(model)
    assert not other.asked


def test_nobody_at_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        made = from_settings({"STUDENT_SUCCESS_MODEL_URL": url, "STUDENT_SUCCESS_MODELS": "m"}, {})
        assert made is not None
        with pytest.raises(ProviderError, match=r"nothing answers at 127\.0\.0\.1"):
            list(made.write(PROMPT, "m", never))


def test_a_host_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    made = from_settings({"STUDENT_SUCCESS_MODEL_URL": "https://no.such/v1", "STUDENT_SUCCESS_MODELS": "m"}, {})
    assert made is not None
    with pytest.raises(ProviderError, match=r"there is no host no\.such"):
        list(made.write(PROMPT, "m", never))


def test_a_certificate_that_nobody_signed(tmp_path: Path) -> None:
    untrusted = pytest.raises(ProviderError, match="a certificate that this machine does not trust: nothing was sent")
    with model_server(tls=self_signed(tmp_path)) as model, untrusted:
        written(model)
    assert not model.asked


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://model.example/v1", "unencrypted: use https for model.example"),
        ("http://localhost.example/v1", "unencrypted"),
        ("http://0.0.0.0/v1", "unencrypted"),
        ("https://me:secret@model.example/v1", "holds more than an address"),
        ("https://model.example/v1?key=secret", "holds more than an address"),
        ("ftp://model.example", "no URL"),
        ("model.example/v1", "no URL"),
        ("https://", "no URL"),
        ("https://[half/v1", "no URL"),
        ("https://model.example:port/v1", "no URL"),
    ],
)
def test_an_address_that_would_give_something_away_is_refused(url: str, words: str) -> None:
    with pytest.raises(ProviderError) as raised:
        from_settings({"STUDENT_SUCCESS_MODEL_URL": url, "STUDENT_SUCCESS_MODELS": "m"}, {})
    assert words in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://localhost:11434/v1", "http://127.0.0.1:8000/v1", "http://[::1]:8000/v1"])
def test_this_machine_needs_no_encryption_and_says_that_it_is_this_machine(url: str) -> None:
    made = from_settings({"STUDENT_SUCCESS_MODEL_URL": url, "STUDENT_SUCCESS_MODELS": "m"}, {})
    assert made is not None
    assert made.sends_to is not None
    assert made.sends_to.endswith(", on this machine")


def test_nothing_set_is_no_provider() -> None:
    assert from_settings({}, {}) is None
    assert from_settings({"SERVING_ENDPOINT": "llm"}, {"openai_compatible": "x"}) is None


def test_an_address_without_a_model_says_what_is_missing() -> None:
    with pytest.raises(ProviderError, match="name them in STUDENT_SUCCESS_MODELS"):
        from_settings({"STUDENT_SUCCESS_MODEL_URL": "https://model.example/v1"}, {})


@pytest.mark.parametrize("models", ["small, large,small,", ["small", "large"]])
def test_the_secrets_say_the_same_as_the_environment(models: object) -> None:
    table = {"base_url": "https://model.example/v1", "api_key": KEY, "models": models}
    made = from_settings({}, {"openai_compatible": table})
    assert made is not None
    assert made.models() == ("small", "large")
    assert made.sends_to == "model.example"
    assert made.secret() == KEY
    assert KEY not in repr(made)


@pytest.fixture
def databricks() -> dict[str, str]:
    return {"SERVING_ENDPOINT": "llm", "DATABRICKS_HOST": "dbc.example.com"}


def test_databricks_serves_its_endpoint_with_the_platforms_token(databricks: dict[str, str]) -> None:
    made = from_settings({**databricks, "DATABRICKS_TOKEN": KEY}, {})
    assert made is not None
    assert (made.base_url, made.models()) == ("https://dbc.example.com/serving-endpoints", ("llm",))
    assert made.secret() == KEY
    assert KEY not in repr(made)


def test_databricks_without_a_token_or_its_client_says_so_when_it_is_asked(databricks: dict[str, str]) -> None:
    made = from_settings(databricks, {})
    assert made is not None
    with pytest.raises(ProviderError, match="Databricks"):
        made.write(PROMPT, "llm", never)


def test_a_models_address_goes_before_the_platforms(databricks: dict[str, str]) -> None:
    mine: dict[str, Any] = {"STUDENT_SUCCESS_MODEL_URL": "https://model.example/v1", "STUDENT_SUCCESS_MODELS": "m"}
    made = from_settings({**databricks, **mine}, {})
    assert made is not None
    assert made.base_url == "https://model.example/v1"
