"""What is asked again, and when.

A question (GET) is asked again after a broken connection or a failure of the server. Anything that changes something is
asked again only where it cannot have been done: no connection was made, or the answer was 429.
"""

from collections.abc import Callable
from typing import Any, Final, Self

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import InvalidHeader, MaxRetryError, ResponseError
from urllib3.util import Retry

TRIES: Final = 5
LONGEST_WAIT_SECONDS: Final = 120.0
"""A `Retry-After` beyond it is not waited for: the person is told."""
TOO_MANY: Final = 429

_WORTH_SAYING_SECONDS: Final = 3.0


class AskAgain(Retry):
    """urllib3's rules with ours: 429 for every method, and no waiting for hours."""

    announce: Callable[[str], object] | None = None
    """Told of a wait that a person would notice."""

    @classmethod
    def for_one_request(cls, announce: Callable[[str], object] | None) -> Self:
        """Return the rules at their beginning; urllib3 counts on copies of them."""
        rules = cls(
            total=TRIES - 1,
            connect=1,
            read=2,
            other=0,
            redirect=0,
            allowed_methods={"GET"},
            status_forcelist={500, 502, 503, 504},
            backoff_factor=0.25,
            raise_on_status=False,
            raise_on_redirect=False,
        )
        rules.announce = announce
        return rules

    def new(self, **changed: Any) -> Self:  # noqa: ANN401  # urllib3's
        """Return a copy with other counts."""
        copy = super().new(**changed)
        copy.announce = self.announce
        return copy

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002  # urllib3's
        """Whether an answer is asked for again."""
        return status_code == TOO_MANY or super().is_retry(method, status_code, has_retry_after)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return the seconds that an answer asks to wait; None where it does not say, or not in a way that is read."""
        try:
            return super().get_retry_after(response)
        except (InvalidHeader, OverflowError):
            return None

    def increment(self, method: str | None = None, url: str | None = None, *rest: Any, **more: Any) -> Self:  # noqa: ANN401  # urllib3's
        """Count one more try; give up where the answer asks for more patience than we have."""
        response = more.get("response")
        if response is not None and (self.get_retry_after(response) or 0) > LONGEST_WAIT_SECONDS:
            raise MaxRetryError(more["_pool"], url or "", ResponseError(ResponseError.GENERIC_ERROR))
        return super().increment(method, url, *rest, **more)

    def sleep_for_retry(self, response: BaseHTTPResponse) -> bool:
        """Wait as long as the answer asks for, and say so."""
        seconds = self.get_retry_after(response) or 0
        if self.announce and seconds >= _WORTH_SAYING_SECONDS:
            self.announce(f"Fivetran asks to wait: trying again in {seconds:.0f} s")
        return super().sleep_for_retry(response)
