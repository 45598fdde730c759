"""`./fivetran` on a terminal of its own, whose questions a test answers."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
_START = (
    "import os; os.close(os.open(os.ttyname(0), os.O_RDWR)); "  # it becomes the one that hidden questions are asked on
    "import sys; from fivetran_tools.cli import main; main(sys.argv[1:])"
)


def answered(
    words: Sequence[str], answers: Sequence[tuple[str, str]], *, seconds: float = 30, **variables: str
) -> tuple[int, str]:
    """Run a command, answer each question when it is asked; return the exit code and all that the terminal showed.

    Args:
        words: The command's.
        answers: What a question holds, and what is typed then, in order.
        seconds: The most that it may take.
        variables: Its environment, beside PATH alone.
    """
    ours, theirs = os.openpty()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "src"),
        "COLUMNS": "200",
        "TERM": "dumb",
        **variables,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _START, *words],
        cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    left, seen, shown, until = list(answers), 0, "", time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            if not select.select([ours], [], [], 0.1)[0]:
                continue
            try:
                read = os.read(ours, 65536)
            except OSError:  # so Linux says that nobody has the other end any more
                break
            if not read:
                break
            shown += read.decode(errors="replace")
            while left and (place := shown.find(left[0][0], seen)) >= 0:
                seen = place + len(left[0][0])
                os.write(ours, f"{left.pop(0)[1]}\n".encode())
        return process.wait(max(1.0, until - time.monotonic())), shown.replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(ours)
