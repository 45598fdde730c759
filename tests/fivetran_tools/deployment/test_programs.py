"""Programs that are not ours: what they say is told line by line, and nothing of them is left behind."""

import sys
import time
from pathlib import Path

import psutil
import pytest

from fivetran_tools.deployment import programs
from fivetran_tools.deployment.programs import log_file, run_program
from fivetran_tools.errors import CommandError

pytestmark = pytest.mark.slow


def python(code):
    return [sys.executable, "-I", "-c", f"import os, signal, subprocess, sys, time\n{code}"]


def run(code, *, seconds=30, **options):
    told = []
    ended = run_program(python(code), seconds=seconds, tell=told.append, **options)
    return ended, told


def test_output_is_kept_apart_from_what_is_told_or_told_with_it():
    code = "print('out', flush=True)\nprint('err', file=sys.stderr)\nsys.exit(3)"
    ended, told = run(code)
    assert (ended.status, ended.output, told) == (3, "out\n", ["err"])
    ended, told = run(code, together=True)
    assert (ended.status, ended.output, told) == (3, "", ["out", "err"])


def test_lines_are_told_whole_whatever_their_ends_and_pieces():
    ended, told = run(
        "for piece in (b'on', b'e\\r', b'\\ntw\\xc3', b'\\xb6\\rthree\\n\\n\\xff', b'four'):\n"
        "    os.write(2, piece)\n    time.sleep(0.02)"
    )
    assert (ended.status, told) == (0, ["one", "twö", "three", "", "\N{REPLACEMENT CHARACTER}four"])


def test_more_than_a_pipe_holds_is_read_from_both():
    ended, told = run("for _ in range(20_000):\n    print('o' * 50)\n    print('e' * 50, file=sys.stderr)")
    assert (len(ended.output), len(told)) == (20_000 * 51, 20_000)


def test_it_reads_what_is_typed_and_nothing_of_ours():
    assert run("print(repr(sys.stdin.read()))", typed="\n")[0].output == "'\\n'\n"
    assert run("print(repr(sys.stdin.read()))")[0].output == "''\n"


def test_one_that_ends_before_it_reads_does_no_harm():
    for _ in range(5):
        assert run("os.close(0)\nos._exit(0)", typed="\n")[0].status == 0


def test_its_environment_is_the_one_it_is_given():
    assert run("print(os.environ.get('A'), os.environ.get('HOME'))", environment={"A": "1"})[0].output == "1 None\n"


def gone(pid):
    """Wait for a process to be gone, and say whether it is."""
    try:
        psutil.Process(pid).wait(10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


CHILD = """
child = subprocess.Popen([sys.executable, '-I', '-c', 'import time; time.sleep(60)'])
print(child.pid, flush=True)
"""


def test_a_child_that_holds_the_output_open_is_neither_waited_for_nor_left(tmp_path):
    started = time.monotonic()
    ended, _ = run(CHILD)
    assert ended.status == 0
    assert time.monotonic() - started < 20
    assert gone(int(ended.output))


def test_one_that_takes_too_long_is_ended_with_its_children():
    ended, _ = run(CHILD + "time.sleep(60)", seconds=1)
    assert ended.status is None
    assert gone(int(ended.output))


def test_one_that_takes_too_long_is_told_so_before_it_is_ended(tmp_path):
    told = tmp_path / "told"
    code = f"signal.signal(signal.SIGTERM, lambda *_: (open({str(told)!r}, 'w').close(), os._exit(0)))\ntime.sleep(60)"
    assert run(code, seconds=2)[0].status is None
    assert told.exists()


def test_one_that_will_not_end_is_ended(monkeypatch):
    monkeypatch.setattr(programs, "_STOP_SECONDS", 0.2)
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    ended, _ = run(code, seconds=1)
    assert ended.status is None
    assert gone(int(ended.output))


def test_one_that_closes_its_output_and_goes_on_is_held_to_its_time():
    code = "print(os.getpid(), flush=True)\nos.close(1)\nos.close(2)\ntime.sleep(60)"
    ended, _ = run(code, seconds=1)
    assert ended.status is None
    assert gone(int(ended.output))


def test_an_interruption_ends_it():
    pids = []

    def tell(line):
        pids.append(int(line))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_program(python("print(os.getpid(), flush=True)\ntime.sleep(60)"), seconds=30, tell=tell, together=True)
    assert gone(pids[0])


def test_one_that_floods_after_its_end_is_held_to_the_time():
    flood = (
        "child = subprocess.Popen([sys.executable, '-I', '-c', 'while True: print(1)'])\nprint(child.pid, flush=True)"
    )
    ended, _ = run(flood, seconds=2)
    assert ended.status == 0
    assert gone(int(ended.output.split("\n", 1)[0]))


def test_a_program_that_is_not_there_is_an_error_of_the_system(tmp_path):
    with pytest.raises(FileNotFoundError):
        run_program([str(tmp_path / "none")], seconds=5, tell=print)


def test_a_log_is_made_anew_with_its_folder_and_holds_each_line_at_once(tmp_path):
    log = tmp_path / "a folder" / "log"
    for _ in range(2):
        with log_file(log) as keep:
            keep("öne")
            assert log.read_text() == "öne\n"
    with log_file(None) as keep:
        keep("nothing")


def test_a_log_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "a file").write_text("")
    with pytest.raises(CommandError, match="cannot write the log"), log_file(tmp_path / "a file" / "log"):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_disk_that_is_full_is_one_line():
    with (
        pytest.raises(CommandError, match="cannot write the log /dev/full: No space"),
        log_file(Path("/dev/full")) as keep,
    ):
        keep("a line")
