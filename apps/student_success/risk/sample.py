"""The records that a score is trained on: at most 20,000, the same ones whenever the same data is asked.

They are those with the smallest MD5 of their key, which has nothing to do with the student. The filters of the page
play no part: everybody is scored by the same model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cohort.cohort import Cohort
from risk.fields import FIELDS, Field
from warehouse.errors import MissingColumnsError
from warehouse.query import Query, Row

MOST_RECORDS: Final = 20_000
LABEL: Final = "at_risk_flag"
KEYS: Final = ("record_id", "student_id")
"""What decides who is in the sample: the first that the table has."""
GROUPS: Final = {"major_code": "Major", "academic_standing": "Standing"}
"""Columns by which errors are told apart. No score looks at them."""

FARTHEST: Final = 1e6
"""No number of a student is larger."""

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """Labelled records. Arrays have one row for each record."""

    fields: tuple[Field, ...]
    numbers: Numbers
    """What the score looks at, a column for each field; NaN where it is not known."""
    at_risk: npt.NDArray[np.bool_]
    students: npt.NDArray[np.int64]
    """Which records are the same student's: an invented number for each."""
    groups: dict[str, tuple[str | None, ...]]
    """Column to each record's value."""

    def __len__(self) -> int:
        return len(self.at_risk)


LABELLED: Final = Query(f"select count({LABEL}) as records from records", columns=(LABEL,))  # noqa: S608  # our names


def _below(labelled: int) -> str:
    """Return what MD5s are less than if they are among the smallest: so a large table is not sorted, but sifted."""
    share = 1.2 * MOST_RECORDS / max(labelled, 1)
    return f"{int(share * 16**8):08x}" if share < 1 else "g"


def sample_query(
    labelled: int,
    fields: Sequence[Field] = FIELDS,
    groups: Sequence[str] = tuple(GROUPS),
    keys: Sequence[str] = KEYS,
) -> Query:
    """Return the query of the sample: the fields as the score looks at them, the label, and what groups records.

    Args:
        labelled: How many records have a label.
        fields: What the score looks at.
        groups: Columns of `GROUPS`.
        keys: Columns of `KEYS`: one or both.
    """
    key, student = keys[0], keys[-1]
    drawn = f"md5(cast({key} as varchar))"  # a key may be a number
    parts = [f"cast({LABEL} as integer) as label", f"{student} as student", *groups]
    parts += [f"{field.scored} as f_{field.name}" for field in fields]
    sql = (
        f"select {', '.join(parts)} from records"  # noqa: S608  # our own names
        f" where {LABEL} is not null and {drawn} < :below order by {drawn}, {key} limit {MOST_RECORDS}"
    )
    columns = dict.fromkeys((LABEL, *keys, *groups, *(column for field in fields for column in field.columns)))
    return Query(sql, {"below": _below(labelled)}, tuple(columns))


QUERIES: Final = {"labelled": LABELLED, "sample": sample_query(0)}


def draw(cohort: Cohort) -> Sample:
    """Return the sample of a table, with as many of the fields as the table has.

    Raises:
        MissingColumnsError: the table does not say who is at risk, or has no key.
        WarehouseError: the warehouse could not answer.
    """
    keys = [key for key in KEYS if cohort.has(key)]
    label = [column.kind for column in cohort.columns if column.name == LABEL]
    if label not in (["boolean"], ["integer"]) or not keys:
        raise MissingColumnsError((LABEL,) if keys else KEYS[:1])
    fields = tuple(field for field in FIELDS if field.is_in(cohort.columns))
    groups = [column for column in GROUPS if cohort.has(column)]
    labelled = cohort.rows(LABELLED)[0]["records"]
    return _sample(cohort.rows(sample_query(labelled, fields, groups, keys)), fields, groups)


def _sample(rows: list[Row], fields: tuple[Field, ...], groups: Sequence[str]) -> Sample:
    numbers = [[row[f"f_{field.name}"] for field in fields] for row in rows]
    known: dict[object, int] = {}
    students = [known.setdefault(_somebody(row["student"], place), len(known)) for place, row in enumerate(rows)]
    return Sample(
        fields,
        _plausible(np.array(numbers, dtype=np.float64).reshape(len(rows), len(fields))),
        np.array([bool(row["label"]) for row in rows], dtype=np.bool_),
        np.array(students, dtype=np.int64),
        {column: tuple(row[column] for row in rows) for column in groups},
    )


def _plausible(numbers: Numbers) -> Numbers:
    """Forget numbers that are slips: one of them would outweigh all others.

    Far is further from the middle half of the numbers than ten times its width, and in any case a million.
    """
    numbers[np.abs(numbers) > FARTHEST] = np.nan
    for column in numbers.T:
        known = column[~np.isnan(column)]
        low, high = np.quantile(known, [0.25, 0.75]) if len(known) else (0.0, 0.0)
        if width := high - low:
            column[(column < low - 10 * width) | (column > high + 10 * width)] = np.nan
    return numbers


def _somebody(student: object, place: int) -> object:
    return (place,) if student is None else student  # whoever has no name is somebody else each time
