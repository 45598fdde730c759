"""The tutorial, step by step, in a checkout of its own: every command prints what is shown, every change applies."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "writing-a-connector.md"
FAILED = "fivetran: "
"""Stands before what a command says when it fails."""


def run(arguments, folder):
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "100"}
    module = "fivetran_tools"
    if arguments[:2] == ["test", "--"]:  # `test` would make an environment for the copy first; pytest is what it runs
        module, arguments = "pytest", ["-p", "no:cacheprovider", *arguments[2:]]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


@pytest.fixture
def checkout(tmp_path):
    copy = tmp_path / "project"
    left_out = shutil.ignore_patterns("__pycache__", "configuration.json")
    for name in ("src", "connectors", "simulators", "tests/support", ".circleci"):
        shutil.copytree(ROOT / name, copy / name, ignore=left_out)
    for name in ("pyproject.toml", "deploy.yaml"):
        shutil.copy(ROOT / name, copy)
    return copy


def steps(page):
    return re.findall(r"^```(console|diff)\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def apply(change, checkout):
    """Apply a change as the page shows it: the lines before and after it say where, and stand there once."""
    head, *lines = change.splitlines()
    file = checkout / head.removeprefix("--- ")
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    text = file.read_text()
    assert text.count(before) == 1, (file, before)
    file.write_text(text.replace(before, after))


def plain(line):
    return re.sub(r"\s+", " ", line).strip()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_step_of_the_tutorial_does_what_the_page_says(checkout):
    taken = steps(PAGE)
    assert {kind for kind, _ in taken} == {"console", "diff"}
    for kind, text in taken:
        if kind == "diff":
            apply(text, checkout)
            continue
        first, *shown = text.strip().splitlines()
        done = run(first.removeprefix("$ ./fivetran ").split(), checkout)
        fails = any(line.startswith((FAILED, "failed ")) for line in shown)
        assert (done.returncode != 0) is fails, (first, done.stdout, done.stderr)
        printed = [plain(line) for line in (done.stdout + done.stderr).splitlines()]
        for line in shown:
            pattern = re.escape(plain(line)).replace("…", ".*")
            assert plain(line) == "…" or any(re.fullmatch(pattern, text) for text in printed), (first, line, printed)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("paging", ["cursor", "offset", "since"])
def test_what_create_makes_lands_rows_at_once_and_passes_every_check(checkout, paging):
    created = run(["connector", "create", "weather", "--paging", paging], checkout)
    assert created.returncode == 0, created.stderr
    assert created.stdout.splitlines()[-3:] == [
        "  ./fivetran debug weather --simulate",
        "  ./fivetran check weather",
        "  ./fivetran test -- connectors/weather",
    ]
    summary = checkout / "summary.json"
    for rows_at_least in (600, 0):
        done = run(["debug", "weather", "--simulate", "--summary-json", str(summary)], checkout)
        assert done.returncode == 0, done.stderr
        landed = json.loads(summary.read_text())
        assert landed["rows"] == {"records": 600}
        assert rows_at_least <= landed["upserts"] < rows_at_least + 15
    checked = run(["check", "weather", "--format", "json"], checkout)
    assert checked.returncode == 0, checked.stdout
    noted = json.loads((checkout / "files" / "checks" / "weather.json").read_text())
    assert (noted["errors"], noted["warnings"], noted["waived"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["open weather"], "fivetran: a connector cannot be named 'open weather'"),
        (["../weather"], "fivetran: a connector cannot be named '../weather'"),
        (["--", "-x"], "fivetran: a connector cannot be named '-x'"),
        (["-x"], "fivetran: No such option"),
        (["hed"], "fivetran: connectors/hed exists already, and stays as it is"),
        (["weather\x1b[2J"], "fivetran: a connector cannot be named"),
        (["weather", "--paging", "pages"], "fivetran: Invalid value for '--paging'"),
        ([], "fivetran: Missing argument 'NAME'"),
    ],
)
def test_wrong_words_are_one_line_and_make_nothing(checkout, words, said):
    before = sorted(checkout.rglob("connectors/*"))
    done = run(["connector", "create", *words], checkout)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr
    assert sorted(checkout.rglob("connectors/*")) == before


def test_the_page_shows_the_commands_that_create_ends_with():
    shown = PAGE.read_text()
    for command in ("debug weather --simulate", "check weather", "test -- connectors/weather"):
        assert f"./fivetran {command}" in shown
