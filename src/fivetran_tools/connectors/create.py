"""`connector create`: a small connector that works, with a stub of its source and tests, under the name it is given.

The templates are in `template/`: `common` holds what every connector has, the folder of each paging what
depends on how its source is read. A file there is rendered by jinja2 into the same place in the connector's folder.
"""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_tools.connectors.names import connector_name_problem
from fivetran_tools.connectors.paging import Paging
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project

TEMPLATES: Final = Path(__file__).parent / "template"
_SUFFIX: Final = ".jinja"
_PART_SUFFIX: Final = ".md.jinja"


@dataclass(frozen=True, slots=True)
class Created:
    """A connector that has just been made."""

    name: str
    folder: Path
    files: list[str]
    """Sorted paths, relative to the folder."""
    ci_updated: bool
    """Whether CircleCI's configuration names it now."""
    ci_problem: str = ""
    """Why it does not, where it should."""


def create(project: Project, name: str, paging: Paging = Paging.CURSOR) -> Created:
    """Make the connector `connectors/NAME`, whole or not at all, and give it its place in CI.

    Raises:
        UsageError: the name is not a legal one, or there is something under it already.
        CommandError: the folder cannot be written.
    """
    if problem := connector_name_problem(name):
        raise UsageError(problem)
    target = project.root / "connectors" / name
    if os.path.lexists(target):
        message = f"connectors/{name} exists already, and stays as it is: choose another name, or remove it first"
        raise UsageError(message)
    if (project.root / "simulators" / f"{name}_api").exists():
        message = f"simulators/{name}_api would stand before the connector's own stub: choose another name"
        raise UsageError(message)
    files = dict(rendered(name, paging))
    try:
        _write(files, target)
    except OSError as error:
        message = f"cannot create {target}: {error.strerror or error}; nothing was left behind"
        raise CommandError(message) from error
    return Created(name, target, sorted(files), *_place_in_ci(project))


def rendered(name: str, paging: Paging) -> Iterator[tuple[str, str]]:
    """Yield every file of a new connector: its path in the connector's folder, and its text."""
    import jinja2

    environment = jinja2.Environment(  # noqa: S701  # programs and Markdown, not HTML
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        # Not the usual pair of braces, which stands in Python's own texts.
        variable_start_string="<<",
        variable_end_string=">>",
    )
    for part in ("common", paging.value):
        for template in sorted((TEMPLATES / part).rglob(f"*{_SUFFIX}")):
            path = template.relative_to(TEMPLATES / part).as_posix()
            if part == "common" or not path.endswith(_PART_SUFFIX):  # parts of the README are included by it
                text = environment.get_template(f"{part}/{path}").render(name=name, paging=paging.value)
                yield path.removesuffix(_SUFFIX), text


def _write(files: dict[str, str], target: Path) -> None:
    """Write the files beside their place, and move them there at once; a name that was taken meanwhile stays."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name[:20]}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / "fresh"
        for path, text in files.items():
            file = fresh / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        fresh.rename(target)


def _place_in_ci(project: Project) -> tuple[bool, str]:
    """Render CircleCI's configuration anew where there is one; return whether, or in one line why not."""
    from fivetran_tools.deployment.ci_config import TEMPLATE, update

    if not (project.root / TEMPLATE).exists():
        return False, ""
    try:
        update(project)
    except (UsageError, CommandError) as error:
        return False, str(error)
    return True, ""
