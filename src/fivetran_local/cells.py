"""The values of one column, on their way from JSON into Arrow.

A column is read whole: a list of 10,000 values costs a few milliseconds as long as nothing is decided per value in
Python. Only a column of mixed types that ends as text is walked value by value.
"""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import orjson

from fivetran_local.columns import LARGEST_EXACT_INTEGER, TEMPORAL, ColumnType, widest
from fivetran_local.errors import RefusedError
from fivetran_protocol import Json

if TYPE_CHECKING:
    import pyarrow as pa

_DAY: Final = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME: Final = rf"{_DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?"
_ZONED: Final = rf"{_TIME}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})"
_HALF_A_PAIR: Final = re.compile("[\ud800-\udfff]")
_TEMPORAL_TEXT: Final = re.compile(rf"{_DAY}|{_TIME}|{_ZONED}")

_FIRST_MICROSECOND: Final = -62_135_596_800_000_000
"""0001-01-01T00:00:00Z since 1970. Before it, and after the last, ISO 8601 has no four-digit year."""
_LAST_MICROSECOND: Final = 253_402_300_799_999_999

_LARGEST: Final = {
    ColumnType.INT53: LARGEST_EXACT_INTEGER,
    ColumnType.INT64: 2**63 - 1,
    ColumnType.INT128: 2**127 - 1,
}


def type_of(values: Sequence[Json], *, infer_timestamps: bool) -> ColumnType | None:
    """The least type that holds these values; None when all are null.

    Text is a date, a time or a time with an offset only where every text is one in strict ISO 8601 form and a real
    instant; without `infer_timestamps` it is text always.
    """
    kinds = set(map(type, values))
    kinds.discard(type(None))
    found: list[ColumnType | None] = []
    if bool in kinds:
        found.append(ColumnType.BOOLEAN)
    if int in kinds:
        found.append(_type_of_integers(values if kinds == {int} else [v for v in values if type(v) is int]))
    if float in kinds:
        found.append(ColumnType.DOUBLE)
    if kinds & {dict, list}:
        found.append(ColumnType.JSON)
    if str in kinds:
        found.append(_type_of_texts(values) if infer_timestamps and len(kinds) == 1 else ColumnType.TEXT)
    return widest(*found)


def _type_of_integers(values: Sequence[Json]) -> ColumnType:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        ends = pc.min_max(pa.array(values, pa.int64())).as_py()
        largest = max(ends["max"], -ends["min"])
    except OverflowError:
        largest = max(abs(value) for value in values if isinstance(value, int))
    return next((kind for kind, limit in _LARGEST.items() if largest <= limit), ColumnType.TEXT)


def _type_of_texts(values: Sequence[Json]) -> ColumnType | None:
    first = next(value for value in values if isinstance(value, str))
    if not _TEMPORAL_TEXT.fullmatch(first):
        return ColumnType.TEXT
    import pyarrow as pa
    import pyarrow.compute as pc

    array = _text_array(values).drop_null()
    found = {ColumnType.TIMESTAMP: 0, ColumnType.TIMESTAMPTZ: 0, ColumnType.DATE: 0}
    for form, pattern in ((ColumnType.TIMESTAMP, _TIME), (ColumnType.TIMESTAMPTZ, _ZONED), (ColumnType.DATE, _DAY)):
        found[form] = pc.sum(pc.match_substring_regex(array, rf"\A(?:{pattern})\z")).as_py()
        if sum(found.values()) == len(array):
            break
    else:
        return ColumnType.TEXT
    kind = widest(*(form for form, count in found.items() if count))
    try:
        instants = pc.min_max(_times(array, ColumnType.TIMESTAMPTZ).cast(pa.int64())).as_py()
    except pa.ArrowInvalid:
        return ColumnType.TEXT
    earliest, latest = instants["min"], instants["max"]
    return kind if earliest >= _FIRST_MICROSECOND and latest <= _LAST_MICROSECOND else ColumnType.TEXT


def to_arrow(values: Sequence[Json], target: ColumnType) -> "pa.Array":
    """One column as an Arrow array from which DuckDB casts into `target`; `target` holds every value.

    HUGEINT and JSON travel as text: Arrow has no integer that wide, and no JSON.
    """
    import pyarrow as pa

    match target:
        case ColumnType.BOOLEAN:
            return pa.array(values, pa.bool_())
        case ColumnType.INT53 | ColumnType.INT64:
            return pa.array(values, pa.int64())
        case ColumnType.DOUBLE:
            return pa.array(values, pa.float64())
        case ColumnType.DATE | ColumnType.TIMESTAMP | ColumnType.TIMESTAMPTZ:
            return _times(_text_array(values), target)
    if set(map(type, values)) <= {str, type(None)}:
        return _text_array(values)
    return _text_array([None if value is None else text_of(value) for value in values])


def text_of(value: Json) -> str:
    """A value as a text column holds it: text as it is, structures as JSON, numbers in their shortest exact form."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) <= LARGEST_EXACT_INTEGER:
            return str(int(value))
        case int() | float():
            return str(value)
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # an integer beyond 64 bits, deep nesting, or half a surrogate pair
        try:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        except RecursionError:
            raise RefusedError("a value is nested some thousand levels deep: flatten it") from None
        return _HALF_A_PAIR.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text)


def texts_after(values: Sequence[Json], bounds: Sequence[int], before: ColumnType | None) -> list[Json]:
    """The values of a column that turns into text within these pages, as if each page had landed alone.

    `bounds` are the ends of the pages in `values`; `before` is the column's type before the first. Times in the pages
    that came before the turning point were times, and are written as such; from there on text stays untouched.
    """
    start, turned = 0, before
    for end in bounds:
        wider = widest(turned, type_of(values[start:end], infer_timestamps=True))
        if wider is ColumnType.TEXT:
            break
        start, turned = end, wider
    if turned not in TEMPORAL or not start:
        return list(values)
    return [*_iso_texts(_times(_text_array(values[:start]), turned), turned), *values[start:]]


def _times(array: "pa.Array", target: ColumnType) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if target is ColumnType.DATE:
        return array.cast(pa.date32())
    if target is ColumnType.TIMESTAMP:
        return array.cast(pa.timestamp("us"))
    dated = pc.if_else(pc.equal(pc.utf8_length(array), 10), pc.binary_join_element_wise(array, "T00:00:00", ""), array)
    naive = pc.match_substring_regex(dated, rf"\A{_TIME}\z")
    return pc.if_else(naive, pc.binary_join_element_wise(dated, "Z", ""), dated).cast(pa.timestamp("us", "UTC"))


def _iso_texts(array: "pa.Array", kind: ColumnType) -> list[Json]:
    import pyarrow as pa

    offset = "+00:00" if kind is ColumnType.TIMESTAMPTZ else ""
    plain = array.cast(pa.timestamp("us")) if kind is ColumnType.TIMESTAMPTZ else array
    return [None if moment is None else _iso(moment) + offset for moment in plain.to_pylist()]


def _iso(moment: date | datetime) -> str:
    text = moment.isoformat()
    return text.rstrip("0") if "." in text else text


def _text_array(values: Sequence[Json]) -> "pa.Array":
    import pyarrow as pa

    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:  # half a surrogate pair, which UTF-8 cannot write: it lands as its JSON escape
        escaped = [v.encode("utf-8", "backslashreplace").decode() if isinstance(v, str) else v for v in values]
        return pa.array(escaped, pa.string())
