"""A file is written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from fivetran_tools.writing import write_whole


def test_a_file_is_made_or_replaced_and_nothing_stays_beside_it(tmp_path):
    file = tmp_path / ("n" * 255)
    for text in ("first", "sécond\n"):
        write_whole(file, text)
        assert file.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [file]


def test_it_may_be_read_by_those_whom_the_user_lets_read_files(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "file", "text")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640


@pytest.mark.parametrize("step", ["write_text", "replace"])
def test_a_failure_leaves_what_was_there_and_nothing_else(tmp_path, mocker, step):
    file = tmp_path / "file"
    file.write_text("before")
    if step == "replace":
        mocker.patch.object(Path, "replace", side_effect=OSError(28, "No space left on device"))
        text = "after"
    else:
        text = "\ud800"  # cannot be encoded, which shows in the middle of writing
    with pytest.raises((OSError, UnicodeEncodeError)):
        write_whole(file, text)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_text() == "before"


def test_an_interruption_leaves_nothing_behind(tmp_path, mocker):
    mocker.patch.object(Path, "replace", side_effect=KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", "text")
    assert list(tmp_path.iterdir()) == []
