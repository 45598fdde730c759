"""The commits of a clone and what they hold, asked of git; what git does not know is None, not an error."""

import os
import re
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_tools.errors import CommandError, UsageError

_HASH: Final = re.compile(r"[0-9a-f]{7,64}")
_WHOSE_SETTINGS: Final = frozenset({"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"})


@dataclass(frozen=True, slots=True)
class Commits:
    """The commits of the clone at `root`. Each method raises CommandError where git cannot be run."""

    root: Path

    def resolve(self, name: str) -> str | None:
        """Return the full hash of a commit, named in any way git understands; None where this clone has no such one."""
        return self._line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def branch(self) -> str | None:
        """Return the name of the branch that is checked out; None where there is none."""
        return self._line("symbolic-ref", "--quiet", "--short", "HEAD")

    def labelled(self, label: str) -> str | None:
        """Return the commit that a function's label names by its hash; None where it does not, as `resolve` does."""
        return self.resolve(label) if _HASH.fullmatch(label) else None

    def require(self, name: str) -> str:
        """Return the full hash of a commit that somebody named.

        Raises:
            UsageError: this clone has no such commit.
        """
        if commit := self.resolve(name):
            return commit
        message = f"this clone has no commit {name!r}: look with `git log`, or get it with `git fetch`"
        raise UsageError(message)

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the newest commit that two have in common; None where there is none, or one is not known."""
        hashes = self.resolve(one), self.resolve(other)
        return self._line("merge-base", f"{hashes[0]}", f"{hashes[1]}") if all(hashes) else None

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether one commit is in the history of the other, or the same."""
        one, other = self.resolve(older), self.resolve(newer)
        return bool(one and other) and self.run("merge-base", "--is-ancestor", f"{one}", f"{other}").returncode == 0

    def since(self, commit: str) -> int | None:
        """Return by how many commits HEAD is ahead of another; None where that is not in its history."""
        if not self.is_ancestor(commit, "HEAD"):
            return None
        count = self._line("rev-list", "--count", f"{self.resolve(commit)}..HEAD", "--")
        return int(count) if count else None

    def changed(self, *paths: str) -> list[str]:
        """Return the files under some paths that git shows as changed since the commit that is checked out, or as new.

        Raises:
            CommandError: git cannot tell.
        """
        done = self.run("status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *paths)
        if done.returncode:
            raise self._incomparable()
        return [entry[3:] for entry in os.fsdecode(done.stdout).split("\0") if entry]

    def differs(self, *paths: str) -> bool:
        """Tell whether files under some paths differ from the commit that is checked out, or are not in it.

        Raises:
            CommandError: git cannot tell.
        """
        return bool(self.changed(*paths))

    def unlike(self, commit: str, files: Collection[str], *folders: str) -> list[str]:
        """Return those of some files that a commit does not hold as they are here, and what else it has in folders.

        Unlike `changed` it sees what git ignores, and what git was told to take for unchanged.

        Raises:
            CommandError: git cannot tell.
        """
        known = self.files(commit, *{"/".join(path.split("/")[:2]) for path in (*files, *folders)})
        # Each name in git's quotes, since it may hold the end of a line.
        octal = ("".join(map("\\{:03o}".format, os.fsencode(path))) for path in files)
        names = "".join(f'"{name}"\n' for name in octal)
        done = self.run("hash-object", "--stdin-paths", given=names.encode("ascii"))
        hashes = done.stdout.decode("ascii", "replace").split()
        if done.returncode or len(hashes) != len(files):
            raise self._incomparable()
        here = dict(zip(files, hashes, strict=True))
        gone = [path for path in known if path not in here and path.startswith(tuple(f"{name}/" for name in folders))]
        return gone + [path for path, file_hash in here.items() if known.get(path, "").split()[-1:] != [file_hash]]

    def files(self, commit: str, *folders: str) -> dict[str, str]:
        """Return the files under some paths at a commit, each with its mode and git's hash of what it holds.

        Raises:
            UsageError: git cannot list them.
        """
        done = self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *folders)
        if done.returncode:
            message = f"git cannot list the files of {commit[:12]}: run `git fetch --unshallow`, or clone again"
            raise UsageError(message)
        pairs = (entry.split("\t", 1) for entry in os.fsdecode(done.stdout).split("\0") if entry)
        return {path: identity for identity, path in pairs}

    def text(self, commit: str, path: str) -> bytes | None:
        """Return what a file holds at a commit; None where it is not there."""
        done = self.run("cat-file", "blob", f"{commit}:{path}")
        return done.stdout if done.returncode == 0 else None

    def run(self, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        """Run git in the clone, whatever it answers.

        Nothing in the environment leads it to another repository, as it does where a hook of git calls us.
        """
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name in _WHOSE_SETTINGS
        }
        try:
            return subprocess.run(  # noqa: S603  # our own words, no shell
                ["git", "-C", str(self.root), *words],  # noqa: S607
                env={**environment, "GIT_OPTIONAL_LOCKS": "0"},
                input=given,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            message = f"git cannot be run ({error.strerror or error}): install it"
            raise CommandError(message) from error

    def _incomparable(self) -> CommandError:
        return CommandError(f"git cannot compare {self.root} with its commit: see what `git status` says there")

    def _line(self, *words: str) -> str | None:
        done = self.run(*words)
        return done.stdout.decode("ascii", "replace").strip() or None if done.returncode == 0 else None
