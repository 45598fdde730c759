"""The checkout that a deploy stages from: as it was at a commit, or as it is, but with a build folder of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from fivetran_tools.commits import Commits
from fivetran_tools.errors import CommandError
from fivetran_tools.private_folder import private_folder
from fivetran_tools.project import Project


@contextmanager
def at_commit(project: Project, commit: str) -> Iterator[Project]:
    """Lay out the checkout as it was at a commit, in a temporary folder that goes with the block.

    Raises:
        UsageError: this clone has no such commit.
        CommandError: it cannot be laid out.
    """
    commits = Commits(project.root)
    full = commits.require(commit)
    with private_folder() as scratch:
        folder = scratch / "checkout"
        no_hooks = ("-c", "core.hooksPath=/dev/null")
        done = commits.run(*no_hooks, "worktree", "add", "--detach", "--quiet", str(folder), full)
        try:
            if done.returncode:
                said = done.stderr.decode("utf-8", "replace").strip().splitlines()
                reason = said[-1] if said else "git said nothing"
                message = f"commit {full[:12]} cannot be laid out in {folder}: {reason}"
                raise CommandError(message)
            yield Project(folder)
        finally:
            commits.run("worktree", "remove", "--force", str(folder))
            commits.run("worktree", "prune")


@contextmanager
def building_alone(project: Project) -> Iterator[Project]:
    """Yield the same checkout, which stages into a folder that goes with the block.

    Another `debug` or deploy replaces what is in `build/` while this one uploads.

    Raises:
        CommandError: the folder cannot be made.
    """
    with private_folder() as folder:
        yield replace(project, builds=folder)
