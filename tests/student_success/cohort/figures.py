"""The figures of the metrics page, computed a second time: in plain Python, record by record."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from math import ceil, floor, sqrt
from statistics import fmean
from typing import Any

Record = Mapping[str, Any]


def known(records: Iterable[Record], column: str) -> list[Any]:
    return [record[column] for record in records if record[column] is not None]


def average(records: Iterable[Record], column: str) -> float | None:
    values = known(records, column)
    return fmean(values) if values else None


def grouped(records: Iterable[Record], key: Callable[[Record], Any]) -> dict[Any, list[Record]]:
    groups = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return dict(groups)


def enrolled(record: Record) -> date | None:
    value = record["enrollment_date"]
    return None if value is None else date.fromisoformat(str(value)[:10])


def gpa_bin(gpa: float) -> int:
    return min(39, floor(gpa * 10))


def quantile(values: Iterable[float], share: float) -> float:
    """Return the smallest value that so large a share of the values does not pass."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def tenth(score: float) -> float:
    return floor(score * 10 + 0.5) / 10


def pairs(records: Iterable[Record]) -> list[tuple[float, float]]:
    """Return aid and GPA of the records in which both are there and can be."""
    both = ((record["financial_aid_amount"], record["current_gpa"]) for record in records)
    return [(a, g) for a, g in both if a is not None and g is not None and 0 <= a <= 1e9 and 0 <= g <= 4]


def pearson(both: list[tuple[float, float]]) -> float | None:
    if len(both) < 2:
        return None
    aids, gpas = zip(*both, strict=True)
    mean_aid, mean_gpa = fmean(aids), fmean(gpas)
    across = sqrt(sum((a - mean_aid) ** 2 for a in aids) * sum((g - mean_gpa) ** 2 for g in gpas))
    return sum((a - mean_aid) * (g - mean_gpa) for a, g in both) / across if across else None
