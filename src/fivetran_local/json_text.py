"""JSON as text: on the wire, for a person, and for comparing; integers of any length to the last digit.

orjson writes none beyond 64 bits, and refuses half a surrogate pair: such documents are written by `json`.
"""

import json

import orjson


def compact(document: object) -> bytes:
    """Write JSON without spaces."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, separators=(",", ":")).encode()


def indented(document: object) -> bytes:
    """Write JSON for a person, as UTF-8; half a surrogate pair, which is no text, becomes a question mark."""
    try:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2)
    except TypeError:
        return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "replace")


def canonical(value: object) -> str:
    """Write JSON in which equal values are equal texts: 1 is neither true nor 1.0, and the order of keys is nothing."""
    try:
        return orjson.dumps(value, default=dict, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=dict)
