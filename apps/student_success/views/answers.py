"""Answers that were already given, for all sessions.

Streamlit's own cache holds a lock while an answer is made. A reader who makes one waits for the warehouse, and the
reader who has the warehouse would wait for that lock: neither would ever come. Here nobody waits for an answer that is
being made; whoever has the warehouse looks again.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Answers:
    """The answers asked for last; each is kept for so many seconds."""

    most: int
    seconds: float
    _kept: OrderedDict[Hashable, tuple[float, Any]] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def get(self, question: Hashable) -> Any | None:  # noqa: ANN401  # whatever was put
        """Return the answer, which nobody must change; None where there is none."""
        with self._lock:
            made, answer = self._kept.get(question, (0.0, None))
            if answer is None or time.monotonic() - made > self.seconds:
                return None
            self._kept.move_to_end(question)
            return answer

    def put(self, question: Hashable, answer: Any) -> None:  # noqa: ANN401  # whatever somebody will get
        """Keep an answer, and forget the one that was asked for longest ago if there are too many."""
        with self._lock:
            self._kept[question] = (time.monotonic(), answer)
            self._kept.move_to_end(question)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
