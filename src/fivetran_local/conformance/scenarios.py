"""The occasions on which a function is called to be checked."""

from enum import StrEnum
from typing import Final


class Scenario(StrEnum):
    """One occasion. Its text is what reports call it."""

    SYNC = "sync"
    """From an empty state to the end, as Fivetran does it."""
    SECOND_SYNC = "second sync"
    """From the state in which the first one ended."""
    REPEAT = "repeat"
    """A request of the sync again, twice over."""
    RESUME = "going on from the state"
    """In a process that has seen nothing: from the state after a page, the later ones first."""
    FUTURE_STATE = "state from the future"
    """Numbers and times in the last state moved forward."""
    NEWER_STATE = "state of a newer version"
    """The last state, with a key that this version does not know."""
    NO_STATE = "no state"
    NO_SECRETS = "no secrets"
    NO_SYNC_ID = "no sync_id"
    UNKNOWN_KEYS = "unknown keys"
    TYPED_SECRETS = "secrets as a JSON text"
    """As connections made before August 2023 have them: numbers and booleans keep their types."""
    CUSTOM_PAYLOAD = "custom payload"
    GET = "GET"
    NOT_JSON = "not JSON"
    SETUP_TEST = "setup test"
    SETUP_TEST_BAD_CREDENTIALS = "setup test, bad credentials"
    SETUP_TEST_SOURCE_DOWN = "setup test, source down"
    BAD_CREDENTIALS = "bad credentials"
    SOURCE_DOWN = "source down"
    OTHER_SYNC = "sync of another connection"
    """With a second set of secrets, alone in its process."""
    INTERLEAVED = "interleaved sync"
    """The pages of the first connection, in turns with those of the other, in one process."""
    INTERLEAVED_OTHER = "interleaved sync of another connection"


IN_GOOD_ORDER: Final = frozenset(
    {Scenario.SYNC, Scenario.SECOND_SYNC, Scenario.REPEAT, Scenario.RESUME, Scenario.OTHER_SYNC}
)
"""Ordinary calls, which have no reason to fail."""
