"""`requirements.txt`: a connector's own, and the one that is staged, which has the runtime's as well."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from fivetran_tools.errors import CommandError
from fivetran_tools.project import Project


def joined_requirements(project: Project, connector: Path) -> str:
    """Join the runtime's requirements and the connector's; the same project named twice must admit one version.

    Raises:
        CommandError: no version fits both, or the connector's file cannot be read.
    """
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
