"""Each start has a log of its own."""

import pytest

from fivetran_tools.errors import CommandError
from fivetran_tools.logs import new_log
from tests.support.tiny_project import tiny_project, write


@pytest.fixture
def project(tmp_path):
    return tiny_project(tmp_path / "checkout")


def test_no_two_starts_share_a_log(project):
    logs = {new_log(project, "tiny") for _ in range(5)}
    assert len(logs) == 5
    assert all(log.is_file() for log in logs)


def test_only_the_last_logs_of_a_name_are_kept(project):
    other = new_log(project, "tiny-simulator")
    logs = [new_log(project, "tiny") for _ in range(25)]
    left = set(other.parent.iterdir())
    assert other in left
    assert len(left) <= 12
    assert logs[-1] in left


def test_a_folder_that_cannot_be_written_is_one_line(project):
    write(project.root, {"files/logs": "a file"})
    with pytest.raises(CommandError, match=r"cannot keep a log in .*logs: File exists: make the folder writable"):
        new_log(project, "tiny")
