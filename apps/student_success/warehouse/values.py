"""A cell as Python has it, whichever warehouse it comes from."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from warehouse.query import Row


def row_of(names: Sequence[str], values: Iterable[Any]) -> Row:
    """Return a row under its names in lower case."""
    return dict(zip(names, map(plain, values), strict=True))


def plain(value: Any) -> Any:  # noqa: ANN401  # whatever a client hands out
    """Return a cell as text, number, boolean, date, datetime or None: no decimal, no NaN, and every instant in UTC."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        return int(value) if isinstance(exponent, int) and exponent >= 0 else float(value)
    if isinstance(value, float) and math.isnan(value):  # such as the correlation with what never changes
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(UTC)
    return value
