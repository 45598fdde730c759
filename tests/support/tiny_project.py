"""A checkout of this project with nothing in it but what staging reads, and a connector to stage."""

import shutil
from pathlib import Path

from fivetran_tools.project import Project

ROOT = Path(__file__).parents[2]


def tiny_project(root: Path) -> Project:
    """Make a checkout with the real runtime, the real `hed`, and a small connector named `tiny`."""
    root.mkdir(parents=True, exist_ok=True)
    shutil.copy2(ROOT / "pyproject.toml", root)
    for package in ("fivetran_function", "fivetran_protocol"):
        shutil.copytree(ROOT / "src" / package, root / "src" / package)
    shutil.copytree(ROOT / "connectors" / "hed", root / "connectors" / "hed")
    write(root, {"connectors/tiny/main.py": "def main(request):\n    return {}\n"})
    return Project(root)


def write(root: Path, files: dict[str, str]) -> None:
    """Write files by their paths relative to a folder, and the folders they are in."""
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
