"""Standing back, as the operating system sees it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fivetran_local.niceness import NICENESS, stand_back


@pytest.fixture
def session():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as process:
        yield process.pid
        process.kill()


def test_a_process_and_its_session_stand_back(session):
    stand_back(session)
    assert os.getpriority(os.PRIO_PROCESS, session) == NICENESS
    autogroup = Path(f"/proc/{session}/autogroup")
    if autogroup.exists():
        assert autogroup.read_text().endswith(f"nice {NICENESS}\n")


def test_a_process_that_is_gone_is_no_error(session):
    os.kill(session, 9)
    os.waitpid(session, 0)
    stand_back(session)
