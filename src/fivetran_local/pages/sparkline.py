"""Rows of each sync as a row of bars, with the same in words."""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from fivetran_local.records import SyncRecord, SyncStatus

MOST_BARS: Final = 24
_BAR, _GAP, _HEIGHT, _FOOT = 5, 2, 24, 3


def rows_of(sync: SyncRecord) -> int:
    """Return how many rows a sync landed."""
    return sync.counts.upserts + sync.counts.deletes


def sparkline(syncs: Sequence[SyncRecord]) -> Markup:
    """Draw the rows of a connection's last syncs, the latest at the right. A failed sync has a mark at its foot.

    Args:
        syncs: the latest first.
    """
    shown = [sync for sync in syncs if sync.status is not SyncStatus.RUNNING][:MOST_BARS][::-1]
    if not shown:
        return Markup("")
    most = max(map(rows_of, shown)) or 1
    bars = Markup("").join(_bar(place, sync, most) for place, sync in enumerate(shown))
    width = len(shown) * (_BAR + _GAP) - _GAP
    return Markup(
        '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}" height="{}">{}</svg>'
    ).format(_in_words(shown), width, _HEIGHT + _FOOT, width, _HEIGHT + _FOOT, bars)


def _bar(place: int, sync: SyncRecord, most: int) -> Markup:
    rows = rows_of(sync)
    height = max(2, round(_HEIGHT * rows / most)) if rows else 1
    left = place * (_BAR + _GAP)
    bar = Markup('<rect class="bar" x="{}" y="{}" width="{}" height="{}"/>').format(
        left, _HEIGHT - height, _BAR, height
    )
    if sync.status is not SyncStatus.FAILED:
        return bar
    return bar + Markup('<rect class="bad" x="{}" y="{}" width="{}" height="2"/>').format(left, _HEIGHT + 1, _BAR)


def _in_words(syncs: Sequence[SyncRecord]) -> str:
    rows = ", ".join(f"{rows_of(sync):,}" for sync in syncs[-6:])
    failed = sum(sync.status is SyncStatus.FAILED for sync in syncs)
    text = (
        f"Rows of the last {len(syncs)} syncs, at the end {rows}" if len(syncs) > 1 else f"Rows of the one sync: {rows}"
    )
    return f"{text}; {'it' if len(syncs) == 1 else f'{failed} of them'} failed" if failed else text
