"""How figures are written: the same everywhere, and a dash where there is none."""

from math import isfinite

HUGE = 1e12
"""What is beyond is a slip of the pen; all its digits would fill the page."""
NO_FIGURE = "\N{EN DASH}"


def count(value: float | None) -> str:
    """Return `12,345`."""
    return NO_FIGURE if value is None else f"{value:,.0f}"


def number(value: float | None, digits: int = 2, unit: str = "") -> str:
    """Return `2.84`, or `2.84 hours` with a unit."""
    if value is None or not isfinite(value):
        return NO_FIGURE
    figure = f"{value:,.{digits}f}" if abs(value) < HUGE else f"{value:.3g}"
    return f"{figure}{f' {unit}' if unit else ''}"


def share(value: float | None, digits: int = 1) -> str:
    """Return `12.5 %` of a value between 0 and 1."""
    return NO_FIGURE if value is None or not isfinite(value) else f"{100 * value:.{digits}f} %"


def money(value: float | None) -> str:
    """Return `$1,234`."""
    if value is None or not isfinite(value):
        return NO_FIGURE
    return f"{'-' if value < 0 else ''}${abs(value):,.0f}" if abs(value) < HUGE else f"${value:.3g}"
