"""A connector as a Connector SDK project: the staged function, and beside it the adapter that plays Fivetran for it."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from fivetran_tools.declaration import read_declaration
from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.errors import CommandError
from fivetran_tools.project import Project
from fivetran_tools.requirements_txt import read_requirements
from fivetran_tools.staging import StagedFunction, replacing, stage

SDK: Final = Requirement("fivetran-connector-sdk==1.7.0")  # later versions pull in a package that is not open source
ADAPTER: Final = Path(__file__).parent / "adapter"
BUILD_MODULE: Final = "connector_build.py"

_PROVIDED: Final = {SDK.name: "1.7.0", "requests": "2.32.4"}
"""What the SDK brings, and refuses to see in requirements.txt."""
_OF_FUNCTIONS_ONLY: Final = frozenset({"functions-framework", "google-cloud-secret-manager"})
_TAKEN_NAMES: Final = frozenset({"connector", "connector_build", "drivers", "fivetran_connector_sdk"})
_FOLDERS_LEFT_OUT: Final = frozenset({"lib", "include", "files"})
"""The SDK uploads no folder of these names, wherever it stands."""


def folder_of(project: Project, function: str) -> Path:
    """Return where a function is staged as a Connector SDK project."""
    return project.build / "connector-sdk" / function


def environment_of(project: Project, connector: str) -> Path:
    """Return where the SDK's environment for a connector is: each has requirements of its own."""
    return project.root / "build" / "connector-sdk" / ".environments" / connector


def stage_sdk_project(project: Project, deployment: Deployment) -> StagedFunction:
    """Stage a connector under `build/connector-sdk/FUNCTION`, replacing what was there; never half of it.

    What is staged is what the SDK uploads: Python files and `requirements.txt`.

    Raises:
        UsageError: there is no such connector.
        CommandError: it holds what the SDK would not upload, declares no tables, or the folder cannot be written.
    """
    function = stage(project, deployment.connector)
    _check(function, deployment.connector)
    target = folder_of(project, deployment.function)
    try:
        with replacing(target) as fresh:
            for name in function.files:
                if name.endswith(".py"):
                    (fresh / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(function.folder / name, fresh / name)
            for file in ADAPTER.glob("*.py"):
                shutil.copy2(file, fresh)
            (fresh / BUILD_MODULE).write_text(f"BUILD = {function.build!r}\n", encoding="utf-8")
            own = project.connector(deployment.connector) / "requirements.txt"
            lines = _requirements(function.folder / "requirements.txt", own)
            (fresh / "requirements.txt").write_text(lines, encoding="utf-8")
    except OSError as error:
        message = f"cannot stage {deployment.function} into {target}: {error.strerror or error}"
        raise CommandError(message) from error
    return replace(function, folder=target)


def _check(function: StagedFunction, connector: str) -> None:
    for name in map(Path, function.files):
        where = f"connectors/{connector}/{name}"
        if name.parts[0].removesuffix(".py") in _TAKEN_NAMES:
            message = f"{where}: the Connector SDK needs the name {name.parts[0]!r} itself: rename it"
            raise CommandError(message)
        if left_out := sorted(_FOLDERS_LEFT_OUT.intersection(name.parts[:-1])):
            message = f"{where}: the Connector SDK uploads no folder named {left_out[0]!r}: rename it"
            raise CommandError(message)
        if len(name.parts) > 1 and name.suffix != ".py" and name.name != "py.typed":
            message = f"{where}: the Connector SDK uploads Python files only: keep its content in one"
            raise CommandError(message)
    if not read_declaration(function).tables:
        message = (
            f"connectors/{connector}/main.py declares no tables, and the Connector SDK asks for their keys before the "
            "first page: make it a connector with @connector(schema=...)"
        )
        raise CommandError(message)


def _requirements(staged: Path, own: Path) -> str:
    """Return the function's requirements, less what the SDK brings and what only Google's framework needs."""
    named = {canonicalize_name(it.name) for it in read_requirements(own)} if own.exists() else set()
    kept = []
    for requirement in read_requirements(staged):
        name = canonicalize_name(requirement.name)
        version = None if requirement.extras else _PROVIDED.get(name)
        if version and not requirement.specifier.contains(version):
            message = f"{own} asks for '{requirement}', and the Connector SDK brings {name} {version}: relax it"
            raise CommandError(message)
        if not version and (name not in _OF_FUNCTIONS_ONLY or name in named):
            kept.append(str(requirement))
    return "".join(f"{line}\n" for line in kept)
