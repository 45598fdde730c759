"""The ranked list as a file: every listed student, whether flagged, and what the score rests on."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from cohort.freshness import FRESHNESS
from cohort.spreadsheet import as_csv
from risk.ranking import DOWNLOADED, SHOWN, Listed, ranked, students
from risk.scoring import Scorer
from views import alerts_card, numbers
from views.alerts_flagging import Flagging
from views.alerts_list import heading, written
from views.reader import Reader

_FIRST: Final = ("Rank", "Score", "Flagged")


def offer(reader: Reader, scorer: Scorer, flagging: Flagging) -> None:
    """Draw the button that makes the file, or the one that downloads what was made for the same choices."""
    made_for = (reader.version, reader.filters, scorer, flagging.threshold, flagging.as_many)
    state = st.session_state
    if state.get("alerts_file_for") != made_for:
        note = f"At most {numbers.count(DOWNLOADED)} students, those who score highest, flagged or not"
        if not st.button("Prepare CSV", icon=":material/description:", help=note, key="alerts_prepare"):
            return
        columns = [column.name for column in reader.cohort.columns]
        query = ranked(scorer, reader.filters, columns, DOWNLOADED)
        found = list(students(scorer, (row for batch in reader.cohort.batches(query) for row in batch)))
        basis = (_basis(scorer, flagging), _synced(reader))
        there = [column for column in SHOWN if found and column in found[0].values]
        header = (*_FIRST, *map(heading, there), "Why", "Next step", "Basis of the score", "Data synced (UTC)")
        lines = (_line(place, one, there, flagging, basis) for place, one in enumerate(found, 1))
        state["alerts_file"] = as_csv(header, lines).content
        state["alerts_file_for"], state["alerts_file_students"] = made_for, len(found)
    count = state["alerts_file_students"]
    st.download_button(
        f"Download {count:,} student{'' if count == 1 else 's'} as CSV", state["alerts_file"], "early-alerts.csv",
        "text/csv", icon=":material/download:", key="alerts_download",
    )  # fmt: skip
    st.caption(
        f"Flagged or not, at most the {numbers.count(DOWNLOADED)} who score highest. It names students: keep it safe."
    )


def _line(
    place: int, student: Listed, there: Sequence[str], flagging: Flagging, basis: tuple[str, str]
) -> tuple[object, ...]:
    is_flagged = student.score >= flagging.threshold if flagging.as_many is None else place <= flagging.as_many
    values = [written(column, student) for column in there]
    return (
        place, round(student.score, 1), "yes" if is_flagged else "no", *values, "; ".join(student.reasons),
        student.step, *basis,
    )  # fmt: skip


def _basis(scorer: Scorer, flagging: Flagging) -> str:
    score = "model" if scorer.kind == "model" else "plain rule (GPA)"
    on = " on simulated records" if alerts_card.simulated() else ""
    return f"{score}{on}, flagged from a score of {flagging.threshold:.3g}"


def _synced(reader: Reader) -> str:
    synced = reader.row(FRESHNESS)["synced"] if reader.cohort.has(*FRESHNESS.columns) else None
    return f"{synced:%Y-%m-%d %H:%M}" if synced else ""
