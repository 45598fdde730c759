"""The most memory that a process held."""

import os
import subprocess
import sys

import pytest

from fivetran_local import memory
from fivetran_local.memory import peak_memory_mib

PARENT = """
import subprocess, sys
held = bytes(range(256)) * 4096 * int(sys.argv[1])
del held
if sys.argv[2]:
    child = subprocess.Popen([sys.executable, "-c", *sys.argv[2:]], stdin=subprocess.PIPE)
print("held", flush=True)
sys.stdin.read()
"""
CHILD = """
import sys
held = bytes(range(256)) * 4096 * int(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


def peak(*words, says):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for _ in range(says):
            assert process.stdout.readline() == "held\n"
        return peak_memory_mib(process.pid)


def test_what_was_given_back_counts_and_so_do_children():
    least = peak("0", "", says=1)
    assert 1 < least < 100
    assert 80 < peak("100", "", says=1) - least < 200
    assert 80 < peak("0", CHILD, "100", says=2) - least < 200


def test_of_a_process_that_is_gone_nothing_is_known():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert peak_memory_mib(process.pid) is None


def test_where_the_system_has_no_such_files_nothing_is_known(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "Path", lambda path: tmp_path / path.lstrip("/"))
    assert peak_memory_mib(os.getpid()) is None
