"""A run of a question, in a thread of its own: the page looks at it as often as it likes, and can stop it.

The thread opens the warehouse for the steps and lets go of it before the words: a model takes its time, and a sync
wants the file. It draws nothing, and it ends by itself when nobody has looked for `LOST_SECONDS`.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeAlias
from uuid import uuid4

from cohort.cohort import Place, reading
from cohort.freshness import COUNT, FRESHNESS
from insights.answer import checked
from insights.areas.catalog import BY_KEY
from insights.assumptions import from_text
from insights.figures import Findings
from insights.prompt import TEMPLATE, FiguresPrompt, built
from insights.providers.protocol import MOST_CHARACTERS, Provider, ProviderError
from insights.report import Outcome, Question, Report
from insights.workflow import Area, StepDone, StepEvent, StepStarted, steps
from warehouse.errors import WarehouseError

LOST_SECONDS: Final = 300.0
"""How long a run goes on when no page looks at it: its reader may have gone to another page, or for good."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is of a run at one moment."""

    events: tuple[StepEvent, ...] = ()
    prompt: FiguresPrompt | None = None
    """What is sent, from the moment that it is known."""
    words: str = ""
    """The answer as far as it came; numbers in it have not been looked at yet."""
    report: Report | None = None
    """The whole, once the run has ended; None where only the prompt was wanted."""
    untraced: tuple[str, ...] = ()
    """Numbers of the report that no figure has."""
    ended: bool = False
    error: str | None = None
    """Why it failed."""
    not_kept: str | None = None
    """Why the report is not in the history."""


Keep: TypeAlias = Callable[[Report], None]


@dataclass(slots=True)
class Run:
    """One run. Make it, `start` it, and ask for what it has `seen`."""

    question: Question
    place: Place
    provider: Provider
    keep: Keep
    only_prompt: bool = False
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)
    _over: threading.Event = field(default_factory=threading.Event, repr=False)
    _looked: float = 0.0
    _events: list[StepEvent] = field(default_factory=list, repr=False)
    _pieces: list[str] = field(default_factory=list, repr=False)
    _prompt: FiguresPrompt | None = None
    _report: Report | None = None
    _untraced: tuple[str, ...] = ()
    _error: str | None = None
    _not_kept: str | None = None
    _tokens: tuple[int | None, int | None] = (None, None)
    _snapshot: str = ""
    _id: str = field(default_factory=lambda: str(uuid4()), repr=False)

    @property
    def area(self) -> Area:
        """The focus area."""
        return BY_KEY[self.question.area]

    def start(self) -> None:
        """Begin. The thread does not keep the process from ending."""
        self._looked = self.clock()
        threading.Thread(target=self._run, name="insights", daemon=True).start()

    def seen(self) -> Seen:
        """Return what there is of it now; who asks is somebody who looks at it."""
        with self._lock:
            self._looked = self.clock()
            return Seen(
                tuple(self._events), self._prompt, "".join(self._pieces), self._report, self._untraced,
                self._over.is_set(), self._error, self._not_kept,
            )  # fmt: skip

    def stop(self) -> None:
        """End it before its next step or piece; what there is of it stays."""
        self._cancelled.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end; whether it has come."""
        return self._over.wait(seconds)

    def _stopped(self) -> bool:
        return self._cancelled.is_set() or self.clock() - self._looked > LOST_SECONDS

    def _run(self) -> None:
        made_at, began = datetime.now(UTC), self.clock()
        outcome: Outcome = "failed"
        try:
            found = self._find()
            if not self._stopped() and not self.only_prompt:
                self._write(found, made_at)
            outcome = "stopped" if self._stopped() else "finished"
        except (WarehouseError, ProviderError) as error:
            self._error = _sentence(str(error))
        except Exception as error:  # noqa: BLE001  # whatever it is, the page must learn that the run is over
            _log.exception("an insights run ended in an error of the app's")
            self._error = f"The app made a mistake here ({type(error).__name__}); its log says more"
        finally:
            try:
                if not self.only_prompt:
                    self._finish(made_at, self.clock() - began, outcome)
            finally:
                self._over.set()

    def _find(self) -> dict[str, Findings]:
        names, found = dict[int, str](), dict[str, Findings]()
        with reading(self.place) as cohort:
            [row] = cohort.rows(FRESHNESS if cohort.has(*FRESHNESS.columns) else COUNT)
            synced = row.get("synced")
            self._snapshot = (f"synced {synced:%Y-%m-%d %H:%M} UTC, " if synced else "") + f"{row['records']:,} records"
            asked = from_text(self.question.assumptions)
            for event in steps(self.area, cohort, self.question.filters, asked, self._stopped):
                if isinstance(event, StepStarted):
                    names[event.number] = event.step.name
                elif isinstance(event, StepDone):
                    found[names[event.number]] = event.findings
                with self._lock:
                    self._events.append(event)
        if not self._stopped():
            if not any(findings.figures for findings in found.values()):
                raise WarehouseError("There is nothing to report: too few records match the filters")
            with self._lock:
                self._prompt = built(self.area, self.question.filters, found, self._snapshot)
        return found

    def _write(self, found: dict[str, Findings], made_at: datetime) -> None:
        if self._prompt is None or not found:
            return
        if self.provider.sends_to is not None:  # whatever becomes of this process: that it was sent is on record
            self._kept(self._report_of(made_at, 0.0, "stopped", ""))
        length = 0
        for piece in self.provider.write(self._prompt, self.question.model, self._stopped):
            with self._lock:
                self._pieces.append(piece.text)
                self._tokens = (
                    piece.prompt_tokens if piece.prompt_tokens is not None else self._tokens[0],
                    piece.answer_tokens if piece.answer_tokens is not None else self._tokens[1],
                )
            length += len(piece.text)
            if self._stopped():
                return
            if length > 2 * MOST_CHARACTERS:
                raise ProviderError(f"the answer went on after {length:,} characters: it was cut there")
        if not "".join(self._pieces).strip():
            raise ProviderError(f"{self.provider.key} answered nothing: choose another model, or try again")

    def _finish(self, made_at: datetime, seconds: float, outcome: Outcome) -> None:
        text = ""
        if self._prompt is not None:
            result = checked("".join(self._pieces), self._prompt)
            text, self._untraced = result.text, result.untraced
        report = self._report_of(made_at, seconds, outcome, text)
        self._kept(report)
        with self._lock:
            self._report = report

    def _report_of(self, made_at: datetime, seconds: float, outcome: Outcome, text: str) -> Report:
        return Report(
            id=self._id,
            made_at=made_at,
            question=self.question,
            template=TEMPLATE,
            prompt_hash=self._prompt.hash if self._prompt else "",
            snapshot=self._snapshot,
            outcome=outcome,
            text=text,
            seconds=seconds,
            prompt_tokens=self._tokens[0],
            answer_tokens=self._tokens[1],
            error=self._error,
        )

    def _kept(self, report: Report) -> None:
        try:
            self.keep(report)
        except Exception as error:  # noqa: BLE001  # the report is on the page, whatever the history's store says
            self._not_kept = str(error) or type(error).__name__
        else:
            self._not_kept = None


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a name such as a file's."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text
