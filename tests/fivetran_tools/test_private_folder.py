"""What a run keeps to itself goes with it; what a killed run left behind goes with the next."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from fivetran_tools.errors import CommandError
from fivetran_tools.private_folder import private_folder

HOLDS_ONE = """
import sys, time
from pathlib import Path
from fivetran_tools.private_folder import private_folder
with private_folder(Path(sys.argv[1])) as folder:
    (folder / "configuration.json").write_text("secret")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def other_run(tmp_path):
    """A process that holds a folder under `tmp_path`."""
    words = [sys.executable, "-c", HOLDS_ONE, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        yield process, Path(process.stdout.readline().strip())
        process.kill()


def test_it_is_empty_private_and_gone_afterwards(tmp_path):
    with private_folder(tmp_path) as folder:
        assert folder.parent == tmp_path
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert list(folder.iterdir()) == []
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_it_is_gone_after_a_failure_too(tmp_path):
    with pytest.raises(ZeroDivisionError), private_folder(tmp_path):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_behind_is_removed_by_the_next(tmp_path, other_run):
    process, left = other_run
    process.kill()
    process.wait()
    assert (left / "configuration.json").exists()
    with private_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]


def test_what_another_run_holds_stays(tmp_path, other_run):
    with private_folder(tmp_path):
        pass
    assert (other_run[1] / "configuration.json").exists()


def test_links_files_and_folders_of_others_stay(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (tmp_path / "fivetran-private-link").symlink_to(kept)
    (tmp_path / "fivetran-private-file").write_text("")
    (tmp_path / "fivetran-other").mkdir()
    before = sorted(tmp_path.iterdir())
    with private_folder(tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == before


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match=r"^cannot make a temporary folder in .*/file: .*: name another in TMPDIR$"):
        private_folder(tmp_path / "file").__enter__()
