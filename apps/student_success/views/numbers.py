"""How figures are written: the same everywhere, and a dash where there is none."""

from math import isfinite

NO_FIGURE = "\N{EN DASH}"


def count(value: float | None) -> str:
    """Return `12,345`."""
    return NO_FIGURE if value is None else f"{value:,.0f}"


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """Return `2.84`, or `2.84 hours` with a unit."""
    if value is None or not isfinite(value):
        return NO_FIGURE
    return f"{value:,.{digits}f}{f' {unit}' if unit else ''}"


def share(value: float | None, digits: int = 1) -> str:
    """Return `12.5 %` of a value between 0 and 1."""
    return NO_FIGURE if value is None or not isfinite(value) else f"{100 * value:.{digits}f} %"


def money(value: float | None) -> str:
    """Return `$1,234`."""
    return NO_FIGURE if value is None or not isfinite(value) else f"{'-' if value < 0 else ''}${abs(value):,.0f}"
