"""What README and docs/ show is run: commands with their output, links, and the generated pages."""

import functools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fivetran_local.conformance import RULES
from fivetran_protocol import Severity

ROOT = Path(__file__).resolve().parents[2]
GROUPS = {"ci_config": {}, "connector": {}, "connection": {"schemas": {}, "state": {}}}
"""Verbs that are followed by a second one, and those of these that are followed by a third."""

PAGES = [
    ROOT / "README.md",
    ROOT / "AGENTS.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("connectors/*/README.md")),
]


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder / "src"), "COLUMNS": "100"}
    words = [sys.executable, "-m", "fivetran_tools", *arguments]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, so that what is run here leaves the real warehouse alone."""
    copy = tmp_path_factory.mktemp("checkout") / "project"
    copy.mkdir()
    for name in ("src", "connectors", "simulators"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "configuration.json"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def consoles(page: Path) -> list[list[str]]:
    blocks = re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    steps = [step.strip() for block in blocks for step in re.split(r"(?m)^(?=\$ )", block)]
    return [step.splitlines() for step in steps if step]


def test_commands_shown_with_their_output_print_it(checkout):
    in_order_elsewhere = "writing-a-connector.md"  # a page of steps: test_writing_a_connector.py
    blocks = [block for page in PAGES if page.name != in_order_elsewhere for block in consoles(page)]
    assert blocks
    for first, *shown in blocks:
        assert first.startswith("$ ./fivetran "), first
        done = run(first.removeprefix("$ ./fivetran ").split(), checkout)
        assert done.returncode == 0, done.stderr
        printed = [re.sub(r"\s+", " ", line).strip() for line in done.stdout.splitlines()]
        for line in shown:
            if line != "…":
                pattern = re.escape(re.sub(r"\s+", " ", line).strip()).replace("…", ".*")
                assert any(re.fullmatch(pattern, text) for text in printed), (line, done.stdout)


def test_every_command_in_the_documentation_exists_with_its_options(checkout):
    help_of = functools.cache(lambda *words: run([*words, "--help"], checkout).stdout)
    for page in PAGES:
        for command in re.findall(r"\./fivetran ([a-z_]+[^`\n#,|]*)", page.read_text()):
            verb, *options = command.split()
            if verb == "bootstrap":
                continue
            within, deeper = [], GROUPS.get(verb)
            for word in options:
                if deeper is None or not word[0].isalpha():
                    break
                within.append(word)
                deeper = deeper.get(word)
            help_text = help_of(verb, *within)
            assert help_text, f"{page.name}: ./fivetran {verb}"
            if verb == "simulate":
                continue
            for option in options:
                if re.match(r"--[a-z]", option):
                    assert re.search(rf"{option}\b", help_text), f"{page.name}: {verb} has no {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


def test_the_command_reference_is_fresh():
    done = subprocess.run(
        [sys.executable, "-m", "fivetran_tools.cli_reference", "--check"], cwd=ROOT, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_connector_in_the_readme_runs(mocker):
    source = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert source
    space: dict = {}
    exec(compile(source[1], "README.md", "exec"), space)
    answer = mocker.Mock(status_code=200, content=b'{"users": [{"id": 1}], "last": "1", "more": false}')
    get = mocker.patch("requests.Session.get", return_value=answer)
    request = mocker.Mock()
    request.get_json.return_value = {"state": {}, "secrets": {"token": "secret-token"}}
    body = space["main"](request)
    assert body["insert"] == {"users": [{"id": 1}]}
    assert body["state"] == {"after": "1"}
    assert body["schema"] == {"users": {"primary_key": ["id"]}}
    assert get.call_args.kwargs["headers"] == {"Authorization": "Bearer secret-token"}


def test_the_page_about_check_lists_every_rule_as_it_is():
    rows = [
        f"| `{rule.name}` | {'warning' if rule.severity is Severity.WARNING else 'error'} | {rule.says} |"
        for rule in RULES
    ]
    table = re.search(r"## Rules\n\n(.*?)\n\n", (ROOT / "docs" / "check.md").read_text(), re.DOTALL)[1]
    assert table.splitlines()[2:] == rows
