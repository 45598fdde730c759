"""A git checkout of this project to deploy from: the real command, the real hed, and a connector to break."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from fivetran_tools.project import Project

ROOT = Path(__file__).parents[2]

DEPLOY_FILE = """
environments:
  dev: {project: dev-project, context: fivetran-dev}
  prod: {project: prod-project, context: fivetran-prod}
tiny: {connector: tiny, environment: dev}
"""
TINY = """
from fivetran_function import ConfigurationError, Request, Response, connector


@connector("tiny", schema={"rows": {"primary_key": ["id"]}}, public_keys=("greeting",))
def main(request: Request) -> Response:
    request.secrets.require("greeting")
    return Response(state={"version": 1}, insert={"rows": [{"id": 1}]})
"""
BROKEN = TINY.replace("    request.secrets", "    raise ValueError('broken on purpose')\n    request.secrets")


@dataclass
class DeployableCheckout:
    """Where it is, and how to use its command."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def project(self) -> Project:
        return Project(self.root)

    def run(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run `./fivetran` with words, as a user would, without a terminal."""
        environment = {**self.environment, "PYTHONPATH": str(self.root / "src"), "COLUMNS": "200", **variables}
        return subprocess.run(
            [sys.executable, "-m", "fivetran_tools", *words],
            cwd=self.root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
            check=False,
        )  # fmt: skip

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start it, to watch what it says on standard error."""
        environment = {**self.environment, "PYTHONPATH": str(self.root / "src"), "COLUMNS": "200"}
        return subprocess.Popen(
            [sys.executable, "-m", "fivetran_tools", *words],
            cwd=self.root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def commit(self) -> str:
        """Commit everything; return the commit."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a commit")
        return self.git("rev-parse", "HEAD")


def deployable_checkout(root: Path, deploy_file: str = DEPLOY_FILE) -> DeployableCheckout:
    """Make one, with everything committed."""
    root.mkdir(parents=True)
    for name in ("src", "connectors/hed"):
        unwanted = shutil.ignore_patterns("__pycache__", "configuration.json")
        shutil.copytree(ROOT / name, root / name, ignore=unwanted)
    for name in ("pyproject.toml", ".gitignore"):
        shutil.copy(ROOT / name, root)
    checkout = DeployableCheckout(root)
    checkout.write("deploy.yaml", deploy_file)
    checkout.write("connectors/tiny/main.py", TINY)
    checkout.write("connectors/tiny/configuration.example.json", '{"greeting": "$GREETING", "api_key": "$API_KEY"}')
    checkout.write("connectors/tiny/tests/test_tiny.py", "")
    checkout.git("init", "-q")
    checkout.commit()
    return checkout
