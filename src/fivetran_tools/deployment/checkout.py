"""The checkout that is deployed from: how far it is from a commit, and how it was at one."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fivetran_tools.deployment.commits import Commits
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project


def differs(project: Project, *paths: str) -> bool:
    """Tell whether files under some paths differ from the commit that is checked out, or are not in it."""
    return bool(_git(project, "status", "--porcelain", "--", *paths).stdout.strip())


def commits_since(project: Project, commit: str) -> int | None:
    """Return by how many commits HEAD is ahead of another commit; None where that is not in its history."""
    if not Commits(project.root).is_ancestor(commit, "HEAD"):
        return None
    return int(_git(project, "rev-list", "--count", f"{commit}..HEAD", "--").stdout)


def resolve(project: Project, commit: str) -> str:
    """Return the full hash of a commit that somebody named in any way git understands.

    Raises:
        UsageError: this clone has no such commit.
    """
    done = _git(project, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if done.returncode:
        message = f"this clone has no commit {commit!r}: look with `git log`, or get it with `git fetch`"
        raise UsageError(message)
    return done.stdout.strip()


@contextmanager
def at_commit(project: Project, commit: str) -> Iterator[Project]:
    """Lay out the checkout as it was at a commit, in a temporary folder that goes with the block.

    Raises:
        UsageError: this clone has no such commit.
        CommandError: it cannot be laid out.
    """
    full = resolve(project, commit)
    with tempfile.TemporaryDirectory(prefix="fivetran-deploy-") as scratch:
        folder = Path(scratch).resolve() / "checkout"
        no_hooks = ("-c", "core.hooksPath=/dev/null")
        done = _git(project, *no_hooks, "worktree", "add", "--detach", "--quiet", str(folder), full)
        try:
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or ["git said nothing"])[-1]
                message = f"commit {full[:12]} cannot be laid out in {folder}: {reason}"
                raise CommandError(message)
            yield Project(folder)
        finally:
            _git(project, "worktree", "remove", "--force", str(folder))
            _git(project, "worktree", "prune")


def _git(project: Project, *words: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603  # our own words, no shell
            ["git", "-C", str(project.root), *words],  # noqa: S607
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        message = f"git cannot be run ({error.strerror or error}): install it"
        raise CommandError(message) from error
