"""`test`: every check of the project, one after the other, each with its own verdict."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import click

from fivetran_tools import environment
from fivetran_tools.connector_requirements import ensure_requirements
from fivetran_tools.project import Project

APP: Final = "apps/student_success"
"""Where the app's packages are, which are installed nowhere."""


_LINT_IMPORTS: Final = f"""
import sys
from importlinter.cli import lint_imports_command
sys.path.append({APP!r})
lint_imports_command()
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One command whose exit code says whether the project passes it."""

    name: str
    words: list[str]


def test(project: Project, *, everything: bool, pytest_arguments: list[str]) -> bool:
    """Run the checks and say how each went; return whether all passed.

    Args:
        project: The checkout.
        everything: Also the slow tests and the benchmarks.
        pytest_arguments: More words for pytest. With any, only pytest runs.
    """
    environment.ensure("app", "test")
    ensure_requirements(project, project.connectors, click.echo)
    variables = {**os.environ, "PYTHONWARNINGS": "default"}
    verdicts = []
    for check in _checks(everything=everything, pytest_arguments=pytest_arguments):
        click.secho(f"== {check.name}", bold=True)
        started = time.monotonic()
        passed = subprocess.run(check.words, cwd=project.root, env=variables, check=False).returncode == 0  # noqa: S603
        verdicts.append((check.name, passed, time.monotonic() - started))
    click.echo()
    for name, passed, seconds in verdicts:
        verdict = click.style("passed", fg="green") if passed else click.style("FAILED", fg="red")
        click.echo(f"{verdict}  {seconds:6.1f} s  {name}")
    return all(passed for _, passed, _ in verdicts)


def _checks(*, everything: bool, pytest_arguments: list[str]) -> Iterator[Check]:
    python = sys.executable
    if not pytest_arguments:
        yield Check("ruff: lint", [python, "-m", "ruff", "check", "--quiet", "."])
        yield Check("ruff: format", [python, "-m", "ruff", "format", "--check", "--quiet", "."])
        yield Check("mypy: types", [python, "-m", "mypy"])
        yield Check(
            "import-linter: direction of imports",
            [python, "-c", _LINT_IMPORTS],
        )
    everyday = ["-m", "not slow", "--hypothesis-profile", "everyday"]  # tests/conftest.py says what that is
    selection = [] if everything or pytest_arguments else everyday
    workers = [] if pytest_arguments else ["-n", "auto", "--dist", "worksteal"]
    yield Check("pytest", [python, "-m", "pytest", "-q", *workers, *selection, *pytest_arguments])
    if everything:
        # That they run, and what they print; whether a figure is good is for a quiet machine and a person to say.
        yield Check("benchmark: imports", [python, "-m", "benchmarks.imports", "--runs", "3"])
        yield Check("benchmark: invocation", [python, "-m", "benchmarks.invocation", "--calls", "100", "--runs", "3"])
        yield Check("benchmark: sync", [python, "-m", "benchmarks.sync", "--rows", "20000", "--runs", "1"])
        yield Check("benchmark: polling", [python, "-m", "benchmarks.polling_under_load"])
        yield Check("benchmark: warehouse", [python, "-m", "benchmarks.warehouse_opening", "--rows", "10000", "100000"])
        yield Check("benchmark: app", [python, "-m", "benchmarks.student_success", "--rows", "100000", "--runs", "1"])
