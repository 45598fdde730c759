"""Connector folder in, staged folder out: exactly what is deployed, and what `debug` runs.

An allow-list, so that nothing is uploaded by accident: `main.py`, the connector's own packages, the runtime and the
protocol verbatim, `requirements.txt`, and a line that says which commit and version this is.
"""

import shutil
import stat
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from fivetran_tools.commits import Commits
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.printable import printable
from fivetran_tools.project import Project
from fivetran_tools.requirements_txt import joined_requirements
from fivetran_tools.taken_names import who_has

RUNTIME_PACKAGES: Final = ("fivetran_function", "fivetran_protocol")
NEVER_STAGED: Final = frozenset({"tests", "simulator", "__pycache__", "configuration.json"})
"""Names that are left out wherever they stand: a configuration holds secrets."""
BUILD_FILE: Final = "BUILD"
MODIFIED: Final = "-modified"
NO_COMMIT: Final = "no-commit"

_FOR_OWNER_AND_READERS: Final = (0o755, 0o644)
"""The modes of folders and files, whatever the umask: the account that runs the function is not the one that stages."""


@dataclass(frozen=True, slots=True)
class StagedFunction:
    """A folder that functions-framework or Google can run as it is."""

    folder: Path
    connector: str
    version: str
    commit: str
    """With MODIFIED where files differ from it; NO_COMMIT outside a git repository."""
    differing: tuple[str, ...] = ()
    """The files that differ from the commit, or are not in it; those that are staged stand first."""

    @property
    def build(self) -> str:
        """The line in its BUILD file."""
        return f"{self.connector} {self.version} {self.commit}"

    @property
    def files(self) -> list[str]:
        """Every file in it, as sorted relative paths."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())


def stage(project: Project, name: str) -> StagedFunction:
    """Stage a connector under `build/functions/NAME`, replacing what was there; never half of it.

    What is the same already stays untouched: another `debug` of the connector may be starting from it.

    Raises:
        UsageError: there is no such connector.
        CommandError: its requirements conflict with the runtime's, it holds a link or a package whose name is taken, or
            the folder cannot be written.
    """
    connector = project.connector(name)
    target = project.staged(name)
    head = _head(project)  # asked first: what is committed from now on is not what the label says
    try:
        with replacing(target) as fresh:
            files = _own_files(project, connector)
            requirements = joined_requirements(project, connector)
            folders = [*_packages(project, connector, requirements)]
            folders += [project.root / "src" / runtime for runtime in RUNTIME_PACKAGES]
            shutil.copyfile(connector / "main.py", fresh / "main.py")
            for folder in folders:
                files += _copy_package(project, folder, fresh)
            (fresh / "requirements.txt").write_text(requirements, encoding="utf-8")
            staged = StagedFunction(target, name, _version(project), *_commit(project, head, files, folders))
            (fresh / BUILD_FILE).write_text(staged.build + "\n", encoding="utf-8")
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        message = f"cannot stage {name} into {target}{where}: {error.strerror or error}"
        raise CommandError(message) from error
    return staged


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `target` when the block ends well, unless that holds the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        yield fresh
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(_FOR_OWNER_AND_READERS[path.is_file()])
        if not target.exists():
            fresh.rename(target)
        elif _contents(target) != _contents(fresh):
            target.rename(Path(scratch) / "old")
            fresh.rename(target)


def _contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Return each file's mode and content, and each folder's mode."""
    return {
        path.relative_to(folder): (stat.S_IMODE(path.stat().st_mode), path.read_bytes() if path.is_file() else b"")
        for path in (folder, *folder.rglob("*"))
    }


def _own_files(project: Project, connector: Path) -> list[Path]:
    """Return the single files that decide what is staged."""
    both = (connector / "main.py", connector / "requirements.txt")
    own = [path for path in both if path.exists() or path.is_symlink()]
    for path in (connector, *own):
        _check(project, path)
    return [*own, project.root / "pyproject.toml"]


def _packages(project: Project, connector: Path, requirements: str) -> list[Path]:
    alone = [path.name for path in sorted(connector.glob("*.py")) if path.name not in {"main.py", "conftest.py"}]
    if alone:
        advice = "put it into main.py, or into a package (a folder with an __init__.py) beside it"
        message = f"connectors/{connector.name}/{alone[0]} is not staged: {advice}"
        raise CommandError(message)
    packages = sorted(path.parent for path in connector.glob("*/__init__.py") if not _is_left_out(path.parent.name))
    for package in packages:
        _check(project, package)
        owner = "the runtime" if package.name in RUNTIME_PACKAGES else who_has(package.name, requirements.splitlines())
        if owner:
            message = f"{connector.name} has a package named {package.name}, which is {owner}'s name: rename it"
            raise CommandError(message)
    return packages


def _copy_package(project: Project, package: Path, into: Path) -> list[Path]:
    """Copy a folder without what is left out, and return the files that were copied."""
    files: list[Path] = []
    folders = [package]
    while folders:
        for path in sorted(folders.pop().iterdir()):
            if _is_left_out(path.name):
                continue
            _check(project, path)
            (folders if path.is_dir() else files).append(path)
    for path in files:
        copy = into / path.relative_to(package.parent)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return files


def _is_left_out(name: str) -> bool:
    return name in NEVER_STAGED or name.startswith(".") or name.endswith(".pyc")


def _check(project: Project, path: Path) -> None:
    """Refuse what is neither a file nor a folder."""
    name = printable(path.relative_to(project.root).as_posix())
    if path.is_symlink():
        message = f"{name} is a symbolic link, and no commit holds what it leads to: put a copy there"
        raise CommandError(message)
    if not path.is_dir() and not path.is_file():
        message = f"{name} is neither a file nor a folder, and cannot be staged: remove it"
        raise CommandError(message)


def _version(project: Project) -> str:
    pyproject = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(pyproject["project"]["version"])


def _head(project: Project) -> str | None:
    try:
        return Commits(project.root).resolve("HEAD")
    except CommandError:  # without git a connector can be run all the same
        return None


def _commit(
    project: Project, head: str | None, files: Iterable[Path], folders: Iterable[Path]
) -> tuple[str, tuple[str, ...]]:
    """Return the commit that staged files are of, and which files differ from it, staged ones first."""
    if not head:
        return NO_COMMIT, ()
    commits = Commits(project.root)
    named = [path.relative_to(project.root).as_posix() for path in files]
    inside = [path.relative_to(project.root).as_posix() for path in folders]
    try:
        unlike = commits.unlike(head, named, *inside)
        changed = commits.changed("connectors", "src", "pyproject.toml")
    except (CommandError, UsageError):
        return NO_COMMIT, ()
    gone = {*unlike} - {*named}
    never_staged = {path for path in gone if any(map(_is_left_out, PurePosixPath(path).parts))}
    differing = tuple(dict.fromkeys((*sorted({*unlike} - never_staged), *changed)))
    return f"{head}{MODIFIED if differing else ''}", differing
