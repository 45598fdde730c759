"""What docs/operations.md tells people to type is known by what they type it into."""

import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.google_apis import needs_gcloud, pointed_nowhere

PAGE = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()


def gcloud_commands():
    lines = [line.strip() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("gcloud ")]


@needs_gcloud
@pytest.mark.slow
def test_the_real_gcloud_knows_every_command_of_the_page(tmp_path):
    (tmp_path / "FILE").write_text("secret")
    commands = gcloud_commands()
    assert len(commands) >= 4

    def ask(words):
        environment = pointed_nowhere(tmp_path)
        return subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(2) as pool:
        for words, done in zip(commands, pool.map(ask, commands), strict=True):
            assert "do not currently have an active account" in done.stderr, (words, done.stderr)


def test_links_within_the_page_lead_to_its_headings():
    headings = {
        re.sub(r"[^a-z0-9 -]", "", line.lower()).replace(" ", "-")
        for line in re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    }
    for target in re.findall(r"\]\(#([^)]+)\)", PAGE):
        assert target in headings, target
