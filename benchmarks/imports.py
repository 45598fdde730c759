"""What importing the staged connector adds to importing functions-framework, which every start pays anyway.

    python -m benchmarks.imports [--runs 9] [--check]

With --check the exit code is 1 where it adds more than 250 ms, or where Secret Manager's client is imported.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from fivetran_tools.project import Project
from fivetran_tools.staging import stage

MOST_MILLISECONDS = 250
FRAMEWORK = "import functions_framework._cli"
CONNECTOR = f"{FRAMEWORK}; import main"
IMPORTED = f"{CONNECTOR}, sys, json; print(json.dumps(sorted(sys.modules)))"


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    folder = stage(Project.here(), "hed").folder
    seconds: dict[str, list[float]] = {FRAMEWORK: [], CONNECTOR: []}
    for _ in range(options.runs):
        for statement, taken in seconds.items():
            started = time.perf_counter()
            _python(folder, statement)
            taken.append(time.perf_counter() - started)
    framework, connector = (statistics.median(taken) * 1000 for taken in seconds.values())
    added = connector - framework
    modules = json.loads(_python(folder, IMPORTED))
    secret_manager = [name for name in modules if name.startswith("google.cloud.secretmanager")]
    print(
        f"functions-framework {framework:.0f} ms, with the connector {connector:.0f} ms "
        f"({connector / framework:.2f} times): it adds {added:.0f} ms (at most {MOST_MILLISECONDS})"
    )
    print(f"Secret Manager's client imported: {'yes' if secret_manager else 'no'}")
    return int(options.check and (added > MOST_MILLISECONDS or bool(secret_manager)))


def _python(folder: Path, statement: str) -> str:
    words = [sys.executable, "-c", statement]
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603


if __name__ == "__main__":
    sys.exit(main())
