"""How numbers, times and texts are written."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.pages.rendering import moment, plural, seconds, service_icon, size, span, words
from fivetran_local.pages.sparkline import MOST_BARS, sparkline
from fivetran_local.records import Counts, SyncRecord, SyncStatus

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("count", "written"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (67_203, "67.2 kB"), (999_600, "1.0 MB"), (123_456_789, "123 MB")],
)
def test_sizes(count, written):
    assert size(count) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0049, "0.00 s"),
        (9.994, "9.99 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (125, "2 min 05 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_seconds(value, written):
    assert seconds(value) == written


def test_counts_and_spans():
    assert [plural(1, "row"), plural(1200, "row"), plural(2, "entry", "entries")] == [
        "1 row",
        "1,200 rows",
        "2 entries",
    ]
    assert [span(1), span(15), span(60), span(1440)] == ["1 minute", "15 minutes", "1 hour", "24 hours"]


def test_a_time_is_utc_for_those_without_a_script():
    assert moment(NOON) == (
        '<time datetime="2026-03-01T12:00:00.000000Z" data-form="full">01 Mar 2026 12:00:00 UTC</time>'
    )
    assert "never" in moment(None)


@given(st.text())
def test_what_stands_in_backticks_is_code_and_all_else_is_text(text):
    html = words(text)
    assert re.sub("</?code>", "", html).count("<") == 0
    assert html.count("<code>") == (text.count("`") + 1) // 2


def test_the_icon_of_an_unknown_service_is_one_too():
    assert service_icon("<b>", {}).startswith('<svg class="icon" color="currentColor"')


def sync(rows: int, status: SyncStatus) -> SyncRecord:
    return SyncRecord(
        "id", "c", 1, NOON, NOON + timedelta(1), status, 1, Counts(upserts=rows), has_more=False, error=None
    )


ENDED = st.sampled_from([status for status in SyncStatus if status is not SyncStatus.RUNNING])


@given(st.lists(st.builds(sync, st.integers(0, 10**9), ENDED), min_size=1, max_size=60))
def test_a_sparkline_has_a_bar_for_each_sync_within_its_frame_and_says_its_rows(syncs):
    drawn = sparkline(syncs)
    shown = syncs[:MOST_BARS]
    bars = [
        tuple(map(int, bar)) for bar in re.findall(r'class="bar" x="(\d+)" y="(\d+)" width="5" height="(\d+)"', drawn)
    ]
    assert len(bars) == len(shown)
    assert all(y >= 0 and height >= 1 and y + height == 24 for _, y, height in bars)
    assert drawn.count('class="bad"') == sum(sync.status is SyncStatus.FAILED for sync in shown)
    assert f"{syncs[0].counts.upserts:,}" in drawn.split("aria-label=")[1]


def test_without_a_sync_that_ended_nothing_is_drawn():
    assert sparkline([]) == ""
    assert sparkline([sync(5, SyncStatus.RUNNING)]) == ""
