"""The time an invocation has: it must answer before the platform ends it, or its work is lost."""

import os
import time
from collections.abc import Callable
from typing import Final, Self

from fivetran_function.errors import ConfigurationError

TIMEOUT_VARIABLE: Final = "FUNCTION_TIMEOUT_SECONDS"
"""Set by whoever deploys the function (and by the local Fivetran) to the function's own timeout."""

DEFAULT_TIMEOUT_SECONDS: Final = 540.0
_SHARE_KEPT_FOR_THE_ANSWER: Final = 0.05
_MOST_KEPT_SECONDS: Final = 10.0


class TimeBudget:
    """Counts down from the start of an invocation, less what writing the answer may take."""

    def __init__(self, timeout_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._deadline = (
            clock() + timeout_seconds - min(timeout_seconds * _SHARE_KEPT_FOR_THE_ANSWER, _MOST_KEPT_SECONDS)
        )

    @classmethod
    def from_environment(cls) -> Self:
        """Start counting from the function's timeout, 540 seconds where none is set.

        Raises:
            ConfigurationError: FUNCTION_TIMEOUT_SECONDS is not a positive number.
        """
        text = os.environ.get(TIMEOUT_VARIABLE)
        if not text:
            return cls(DEFAULT_TIMEOUT_SECONDS)
        try:
            seconds = float(text)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < float("inf"):
            message = f"{TIMEOUT_VARIABLE} is not a positive number of seconds: set it to the function's timeout"
            raise ConfigurationError(message)
        return cls(seconds)

    @property
    def seconds_left(self) -> float:
        """Seconds until the answer must be on its way; never below zero."""
        return max(0.0, self._deadline - self._clock())
