"""A model in the warehouse: Snowflake Cortex, asked with SQL. The prompt goes where the records already are.

Its models differ by region and change over time: `STUDENT_SUCCESS_CORTEX_MODELS` names those of an account, separated
by commas, the default first.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

from cohort.cohort import Place
from insights.providers.protocol import CUT, MOST_CHARACTERS, MOST_TOKENS, Piece, Prompt, ProviderError
from warehouse.errors import WarehouseError
from warehouse.protocol import Statement, Warehouse

MODELS: Final = ("llama3.3-70b", "claude-sonnet-4-5", "mistral-large2", "openai-gpt-4.1")

_OPTIONS: Final = f"{{'temperature': 0, 'max_tokens': {MOST_TOKENS}}}"
AI_COMPLETE: Final = (
    f"SELECT AI_COMPLETE(model => ?, prompt => ?, model_parameters => {_OPTIONS}, show_details => TRUE) AS answer"
)
"""What Snowflake recommends. It answers NULL where it fails, and does not say why."""
COMPLETE: Final = f"SELECT SNOWFLAKE.CORTEX.COMPLETE(?, PARSE_JSON(?), {_OPTIONS}) AS answer"
"""Its older sister, which every account has, and which says what is wrong."""

_LOOK_SECONDS: Final = 0.2
"""How often somebody who waits for the answer asks whether to stop."""

# Snowflake tells its errors apart by their texts alone.
_NO_FUNCTION: Final = re.compile(r"(?i)unknown (user-defined )?function|does not exist|(invalid|named) argument")
_NO_MODEL: Final = re.compile(r"(?i)unknown model|model .*(unavailable|not (available|allowed|supported|authorized))")
_NO_RIGHT: Final = re.compile(r"(?i)insufficient privileges|not authorized|unknown (user-defined )?function")
_OVERLOADED: Final = re.compile(r"(?i)throttl|too many requests|service error: (429|5\d\d)")


@dataclass(frozen=True, slots=True)
class Cortex:
    """Snowflake's models, through the connection that the records are read with."""

    warehouse: Warehouse
    names: tuple[str, ...] = MODELS

    @property
    def key(self) -> str:
        """Its name in settings and records."""
        return "cortex"

    @property
    def label(self) -> str:
        """Its name for a person."""
        return "Snowflake Cortex"

    @property
    def sends_to(self) -> str | None:
        """The account that holds the records; where cross-region inference is on, the model may run in another."""
        return f"Cortex in {self.warehouse.place}"

    def models(self) -> tuple[str, ...]:
        """Return the models that may be chosen; whether the account has them shows when one is asked."""
        return self.names

    def write(self, prompt: Prompt, model: str, stopped: Callable[[], bool]) -> Iterator[Piece]:
        """Answer a prompt in one piece. The warehouse's own limit of time for a statement holds.

        Raises:
            ProviderError: one line that says what the account lacks.
        """
        answers: SimpleQueue[str | ProviderError] = SimpleQueue()
        # Stop must not wait for the warehouse: what it answers afterwards is dropped.
        Thread(target=self._ask, args=(prompt, model, answers), name="cortex", daemon=True).start()
        while not stopped():
            try:
                answer = answers.get(timeout=_LOOK_SECONDS)
            except Empty:
                continue
            if isinstance(answer, ProviderError):
                raise answer
            yield _read(answer)
            return

    def _ask(self, prompt: Prompt, model: str, answers: "SimpleQueue[str | ProviderError]") -> None:
        messages = [{"role": "system", "content": prompt.rules}, {"role": "user", "content": prompt.question}]
        try:
            answer = self._cell(AI_COMPLETE, [model, f"{prompt.rules}\n\n{prompt.question}"], newest=True)
            if answer is None:
                answer = self._cell(COMPLETE, [model, json.dumps(messages)])
        except WarehouseError as error:
            answers.put(_in_words(str(error), model, self.warehouse.place))
        except Exception as error:  # noqa: BLE001  # it would end the thread, and nobody would be told
            answers.put(ProviderError(f"{self.warehouse.place} could not ask Cortex ({type(error).__name__})"))
        else:
            answers.put(answer or ProviderError(f"Cortex answered nothing with {model}: choose another model"))

    def _cell(self, sql: str, bound: Sequence[str], *, newest: bool = False) -> str | None:
        """Return the only cell of the answer; None where the newest function is not there or does not say why."""
        for last in (False, True):
            try:
                with self.warehouse.connect() as session:
                    [row] = session.rows(Statement(sql, list(bound)))
                return None if row["answer"] is None else str(row["answer"])
            except WarehouseError as error:
                if newest and _NO_FUNCTION.search(str(error)):
                    return None
                if last or not _OVERLOADED.search(str(error)):
                    raise
        return None


def from_place(place: Place, environment: Mapping[str, str] | None = None) -> Cortex | None:
    """Return Cortex where the records are in Snowflake; None elsewhere."""
    if place.warehouse.dialect != "snowflake":
        return None
    named = (environment or {}).get("STUDENT_SUCCESS_CORTEX_MODELS", "")
    names = tuple(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))
    return Cortex(place.warehouse, names or MODELS)


def _read(answer: str) -> Piece:
    """Return the text and the cost of an answer with details, or of the text alone."""
    try:
        details: Any = json.loads(answer)
    except ValueError:
        details = answer
    if not isinstance(details, dict):
        return _whole(answer, {}, cut=False)
    choices = details.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    text, usage = choice.get("messages"), details.get("usage")
    if not isinstance(text, str):
        raise ProviderError("Cortex answered something that is no answer of a model")
    usage = usage if isinstance(usage, dict) else {}
    at_limit = usage.get("completion_tokens") == MOST_TOKENS or choice.get("finish_reason") == "length"
    return _whole(text, usage, cut=at_limit)


def _whole(text: str, usage: Mapping[str, object], *, cut: bool) -> Piece:
    if not text.strip():
        raise ProviderError("Cortex answered without a word: try again, or another model")
    if cut or len(text) > MOST_CHARACTERS:
        text = text[:MOST_CHARACTERS] + CUT
    prompt_tokens, answer_tokens = usage.get("prompt_tokens"), usage.get("completion_tokens")
    return Piece(
        text.encode("utf-8", "replace").decode(),
        prompt_tokens if isinstance(prompt_tokens, int) else None,
        answer_tokens if isinstance(answer_tokens, int) else None,
    )


def _in_words(message: str, model: str, place: str) -> ProviderError:
    if _NO_MODEL.search(message):
        return ProviderError(
            f"{place} has no model {model} for this role and region: choose another, name its models in"
            " STUDENT_SUCCESS_CORTEX_MODELS, or let an administrator allow cross-region inference"
        )
    if _NO_RIGHT.search(message):
        return ProviderError(f"the role may not use Cortex in {place}: grant it DATABASE ROLE SNOWFLAKE.CORTEX_USER")
    if _OVERLOADED.search(message):
        return ProviderError(f"Cortex in {place} is overloaded: try again in a moment, or choose another model")
    return ProviderError(f"Cortex did not answer: {message}")
