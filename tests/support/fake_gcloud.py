"""A `gcloud` that says what a test tells it to: for failures that are hard to bring about, and machines without one."""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.deployable_checkout import DeployableCheckout

SCRIPT = """#!{python} -I
import json, pathlib, sys, time
folder = pathlib.Path(__file__).parent
with (folder / "asked").open("a") as asked:
    asked.write(json.dumps(sys.argv[1:]) + "\\n")
answers = json.loads((folder / "answers.json").read_text())
for answer in answers:
    if all(word in sys.argv for word in answer["words"]):
        time.sleep(answer["seconds"])
        sys.stderr.write(answer["stderr"])
        sys.stdout.write(answer["stdout"])
        sys.exit(answer["code"])
sys.exit("ERROR: (gcloud) this fake was not told what to answer")
"""


@dataclass
class FakeGcloud:
    """A folder to put first on PATH."""

    folder: Path

    def answers(self, *words: str, stdout: str = "", stderr: str = "", code: int = 0, seconds: float = 0) -> None:
        """Answer a call that has all of some words; what was told last is asked first."""
        file = self.folder / "answers.json"
        known = json.loads(file.read_text()) if file.exists() else []
        answer = {"words": words, "stdout": stdout, "stderr": stderr, "code": code, "seconds": seconds}
        file.write_text(json.dumps([answer, *known]))

    @property
    def asked(self) -> list[list[str]]:
        """The words of each call so far, without `gcloud`."""
        file = self.folder / "asked"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def fake_gcloud(folder: Path) -> FakeGcloud:
    """Make one in a folder, which is made as well."""
    folder.mkdir(parents=True)
    script = folder / "gcloud"
    script.write_text(SCRIPT.format(python=sys.executable))
    script.chmod(0o755)
    return FakeGcloud(folder)


def gcloud_of(checkout: DeployableCheckout, folder: Path) -> FakeGcloud:
    """Make one in a folder, and let it be the one that a checkout's command finds first."""
    fake = fake_gcloud(folder)
    path = checkout.environment.get("PATH", os.defpath)
    checkout.environment["PATH"] = f"{fake.folder}{os.pathsep}{path}"
    return fake


def function_json(*, commit: str = "", url: str = "https://f.example/hed", state: str = "ACTIVE") -> str:
    """A function of the second generation as gcloud prints it."""
    labels = {"commit": commit, "version": "0-1-0", "deployment-tool": "cli-gcloud"} if commit else {}
    return json.dumps({"environment": "GEN_2", "state": state, "labels": labels, "serviceConfig": {"uri": url}})
