"""What the commits of a clone hold, asked of git; what git does not know is None, not an error."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_tools.errors import CommandError, UsageError

_NAME: Final = re.compile(r"[A-Za-z0-9][\w./-]{0,200}")


@dataclass(frozen=True, slots=True)
class Commits:
    """The commits of the clone at `root`."""

    root: Path

    def resolve(self, name: str) -> str | None:
        """Return the full hash of a commit; None where this clone does not have it."""
        if not _NAME.fullmatch(name):
            return None
        return self._line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the newest commit that two have in common; None where there is none, or one is not known."""
        hashes = self.resolve(one), self.resolve(other)
        return self._line("merge-base", f"{hashes[0]}", f"{hashes[1]}") if all(hashes) else None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether one commit is in the history of the other, or the same."""
        one, other = self.resolve(older), self.resolve(newer)
        return bool(one and other) and self._git("merge-base", "--is-ancestor", f"{one}", f"{other}").returncode == 0

    def files(self, commit: str, *folders: str) -> dict[str, str]:
        """Return the files under some paths at a commit, each with its mode and git's hash of what it holds.

        Raises:
            UsageError: git cannot list them.
        """
        done = self._git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *folders)
        if done.returncode:
            message = f"git cannot list the files of {commit[:12]}: run `git fetch --unshallow`, or clone again"
            raise UsageError(message)
        listed = done.stdout.decode("utf-8", "surrogateescape")
        pairs = (entry.split("\t", 1) for entry in listed.split("\0") if entry)
        return {path: identity for identity, path in pairs}

    def text(self, commit: str, path: str) -> bytes | None:
        """Return what a file holds at a commit; None where it is not there."""
        done = self._git("cat-file", "blob", f"{commit}:{path}")
        return done.stdout if done.returncode == 0 else None

    def _line(self, *words: str) -> str | None:
        done = self._git(*words)
        return done.stdout.decode("ascii", "replace").strip() or None if done.returncode == 0 else None

    def _git(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(  # noqa: S603  # our own words, no shell
                ["git", "-C", str(self.root), *words],  # noqa: S607
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            message = f"git cannot be run ({error.strerror or error}): install it"
            raise CommandError(message) from error
