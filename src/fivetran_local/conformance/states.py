"""States as a function would not expect them: from the future, and from a newer version of itself."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from fivetran_protocol import Json, State

_FURTHER: Final = 1_000_000
_LATER: Final = timedelta(days=3653)
_SECOND_AND_SMALLER: Final = ((10**9, 1), (10**11, 10**3), (10**14, 10**6), (10**17, 10**9))
"""From how much on a number may be a time since 1970, and its unit's share of a second: down to nanoseconds."""
_LAST_NANOSECOND: Final = 10**19
_FORMATS: Final = frozenset({"version", "format", "schema"})
_WORDS_OF_A_KEY: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SHORTEST_TOKEN: Final = 16
UNKNOWN_KEY: Final = "_of_a_newer_version"


def from_the_future(state: State) -> State | None:
    """Return a state with its numbers a million further and its times ten years later, ISO 8601 or since 1970.

    None where it holds neither: other text is opaque, and nobody but the source can tell which comes later. What says
    in which form a state is written stays as it is: of another form a function may rightly know nothing.
    """
    moved = _all_moved(state)
    return moved if moved != dict(state) else None


def of_a_newer_version(state: State) -> State:
    """Return a state with a key that no version of the function knows yet."""
    return {**state, UNKNOWN_KEY: {"version": 2}}


def same_but_for_tokens(one: Json, other: Json) -> bool:
    """Tell whether two states are the same but for opaque tokens, which a source may write anew at every call.

    Where a token leads is seen only by going on from it.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_but_for_tokens(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_but_for_tokens, one, other))
    return (one == other and type(one) is type(other)) or (_is_token(one) and _is_token(other))


def moved_back(sent: State, returned: State) -> list[str]:
    """List the places, as dotted paths, where a state is less than what was sent, or is gone."""
    return sorted(_moved_back("", dict(sent), dict(returned)))


def moment(text: str) -> datetime | None:
    """Return the time, or the date, that an ISO 8601 text is; None for any other text."""
    if len(text) < len("2024-08-11") or text[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _all_moved(values: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value if _names_a_format(key) else _moved(value) for key, value in values.items()}


def _names_a_format(key: str) -> bool:
    return any(word.lower() in _FORMATS for word in _WORDS_OF_A_KEY.findall(key))


def _moved(value: Json) -> Json:
    match value:
        case bool():
            return value
        case int() | float():
            return value + _further(value)
        case str():
            return _later(value)
        case dict():
            return _all_moved(value)
        case list():
            return [_moved(inner) for inner in value]
    return value


def _further(number: float) -> int:
    """Return how far a number is moved: by a million, and what may be a time since 1970 by ten years of its unit."""
    if number >= _LAST_NANOSECOND:
        return _FURTHER
    units = [share for least, share in _SECOND_AND_SMALLER if number >= least]
    return int(_LATER.total_seconds()) * units[-1] if units else _FURTHER


def _later(text: str) -> str:
    now = moment(text)
    if now is None:
        return text
    try:
        later = now + _LATER
    except OverflowError:  # "9999-12-31" stands for no end
        return text
    written = later.date().isoformat() if len(text) == len("2024-08-11") else later.isoformat(text[10])
    return written.replace("+00:00", "Z") if text.endswith("Z") else written


def _moved_back(place: str, sent: Json, returned: Json) -> Iterator[str]:
    if isinstance(sent, list) and isinstance(returned, list) and len(sent) == len(returned):
        sent, returned = _by_position(sent), _by_position(returned)
    if isinstance(sent, Mapping):
        found = returned if isinstance(returned, Mapping) else {}
        for key, value in sent.items():
            if key != UNKNOWN_KEY:
                yield from _moved_back(f"{place}.{key}" if place else key, value, found.get(key))
    elif isinstance(sent, int | float) and not isinstance(sent, bool):
        if not isinstance(returned, int | float) or returned < sent:
            yield place
    elif isinstance(sent, str) and (before := moment(sent)):
        after = moment(returned) if isinstance(returned, str) else None
        if after is None or _is_before(after, before):
            yield place
    elif sent is not None and returned is None:
        yield place


def _by_position(values: list[Json]) -> dict[str, Json]:
    return {str(position): value for position, value in enumerate(values)}


def _is_token(value: Json) -> bool:
    return isinstance(value, str) and len(value) >= _SHORTEST_TOKEN and " " not in value and moment(value) is None


def _is_before(one: datetime, other: datetime) -> bool:
    if (one.tzinfo is None) is not (other.tzinfo is None):
        one, other = one.replace(tzinfo=None), other.replace(tzinfo=None)
    return one < other
