"""The records as a CSV file."""

import csv
import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cohort.spreadsheet import as_csv
from explorer import download
from warehouse.protocol import Column

pytestmark = pytest.mark.slow

COLUMNS = (Column("Student_Id", "text"), Column("n", "number"))


def lines(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), min_size=1))
def test_a_text_comes_back_whole_and_is_no_formula(texts: list[str]) -> None:
    _, *rows = lines(as_csv(["text"], [[text, "end"] for text in texts]).content)
    for text, (cell, _) in zip(texts, rows, strict=True):
        assert cell in (text, f"'{text}")
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"))


def test_cells_are_written_by_their_kind() -> None:
    noon = datetime(2025, 9, 1, 12, tzinfo=UTC)
    file = as_csv(["=name", "b"], [[None, True], [-1.5, False], [noon, noon.replace(tzinfo=None)], ["É", 3]])
    assert file.content.startswith(b"\xef\xbb\xbf'=name,b\r\n")
    assert lines(file.content)[1:] == [["", "true"], ["-1.5", "false"], ["2025-09-01 12:00:00"] * 2, ["É", "3"]]
    assert file.records == 4


def test_a_file_ends_with_the_record_that_reaches_its_size() -> None:
    batches = [[{"cell_0": "x" * 100, "cell_1": 1.0}] * 10] * 5
    file = download.file(COLUMNS, batches, most_bytes=500)
    head, *rows = lines(file.content)
    assert head == ["Student_Id", "n"]
    assert file.records == len(rows) == 5
