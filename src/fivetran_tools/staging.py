"""Connector folder in, staged folder out: exactly what is deployed, and what `debug` runs.

An allow-list, so that nothing is uploaded by accident: `main.py`, the connector's own packages, the runtime and the
protocol verbatim, `requirements.txt`, and a line that says which commit and version this is.
"""

import re
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from fivetran_tools.errors import CommandError
from fivetran_tools.project import Project

RUNTIME_PACKAGES: Final = ("fivetran_function", "fivetran_protocol")
NEVER_STAGED: Final = frozenset({"tests", "simulator", "__pycache__", "configuration.json"})
"""Names that are left out wherever they stand: a configuration holds secrets."""
BUILD_FILE: Final = "BUILD"


@dataclass(frozen=True, slots=True)
class StagedFunction:
    """A folder that functions-framework or Google can run as it is."""

    folder: Path
    build: str
    """The line in its BUILD file: connector, version and commit."""

    @property
    def files(self) -> list[str]:
        """Every file in it, as sorted relative paths."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())


def stage(project: Project, name: str) -> StagedFunction:
    """Stage a connector under `build/functions/NAME`, replacing what was there; never half of it.

    What is the same already stays untouched: another `debug` of the connector may be starting from it.

    Raises:
        UsageError: there is no such connector.
        CommandError: its requirements conflict with the runtime's, or the folder cannot be written.
    """
    connector = project.connector(name)
    target = project.staged(name)
    build = f"{name} {_version(project)} {_commit(project)}"
    try:
        with replacing(target) as fresh:
            shutil.copy2(connector / "main.py", fresh)
            for package in _packages(connector):
                _copy_package(package, fresh)
            for runtime in RUNTIME_PACKAGES:
                _copy_package(project.root / "src" / runtime, fresh)
            (fresh / "requirements.txt").write_text(_requirements(project, connector), encoding="utf-8")
            (fresh / BUILD_FILE).write_text(build + "\n", encoding="utf-8")
    except OSError as error:
        message = f"cannot stage {name} into {target}: {error.strerror or error}"
        raise CommandError(message) from error
    return StagedFunction(target, build)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `target` when the block ends well, unless that holds the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        fresh.mkdir()
        yield fresh
        if not target.exists():
            fresh.rename(target)
        elif _contents(target) != _contents(fresh):
            target.rename(Path(scratch) / "old")
            fresh.rename(target)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _packages(connector: Path) -> list[Path]:
    packages = [path.parent for path in connector.glob("*/__init__.py") if path.parent.name not in NEVER_STAGED]
    if taken := sorted(package.name for package in packages if package.name in RUNTIME_PACKAGES):
        message = f"{connector.name} has a package named {taken[0]}, which is the runtime's name: rename it"
        raise CommandError(message)
    return sorted(packages)


def _copy_package(package: Path, into: Path) -> None:
    shutil.copytree(package, into / package.name, ignore=shutil.ignore_patterns(*NEVER_STAGED, "*.pyc", ".*"))


def _requirements(project: Project, connector: Path) -> str:
    """Join the runtime's requirements and the connector's; the same project named twice must admit one version."""
    pyproject = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = {
        canonicalize_name(requirement.name): requirement
        for requirement in map(Requirement, pyproject["project"]["optional-dependencies"]["function"])
    }
    own_file = connector / "requirements.txt"
    own = list(read_requirements(own_file)) if own_file.exists() else []
    for requirement in own:
        theirs = runtime.get(canonicalize_name(requirement.name))
        if theirs and not _one_version_fits(theirs, requirement):
            message = (
                f"{own_file.relative_to(project.root)} asks for '{requirement}' and the runtime (pyproject.toml, extra "
                f"'function') for '{theirs}': no version fits both; relax one of them"
            )
            raise CommandError(message)
    lines = {str(requirement) for requirement in (*runtime.values(), *own)}
    return "\n".join(sorted(lines, key=str.lower)) + "\n"


def read_requirements(file: Path) -> Iterator[Requirement]:
    """Yield the requirements in a file of one a line, with or without comments.

    Raises:
        CommandError: a line is none, or the file is not UTF-8.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        message = f"{file} is not UTF-8 text: save it as that"
        raise CommandError(message) from None
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if not text:
            continue
        try:
            yield Requirement(text)
        except InvalidRequirement:
            message = f"{file}:{number}: '{text}' is not a requirement like 'orjson>=3.10'"
            raise CommandError(message) from None


def _one_version_fits(one: Requirement, other: Requirement) -> bool:
    """Try every version that either names, and its successor: a range ends at a version that it names."""
    both = one.specifier & other.specifier
    named = [Version(specifier.version.removesuffix(".*")) for specifier in both]
    return not named or any(both.contains(version, prereleases=True) for version in _with_successors(named))


def _with_successors(versions: Iterable[Version]) -> Iterator[Version]:
    for version in versions:
        yield version
        yield Version(f"{version.base_version}.0.0.1")


def _version(project: Project) -> str:
    pyproject = tomllib.loads((project.root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(pyproject["project"]["version"])


def _commit(project: Project) -> str:
    """Return the checkout's commit, "-modified" where files differ from it, or that there is none."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(project.root), *words], capture_output=True, text=True, check=True)  # noqa: S603, S607
        return done.stdout.strip()

    try:
        commit = git("rev-parse", "HEAD")
        return (
            f"{commit}-modified"
            if git("status", "--porcelain", "--", "connectors", "src", "pyproject.toml")
            else commit
        )
    except (OSError, subprocess.CalledProcessError):
        return "no-commit"
