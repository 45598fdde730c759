"""Connectors, imported as functions-framework does it."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def imported(folder: Path) -> ModuleType:
    """Import a connector's `main.py` from its file, with its own packages beside it.

    What it brings along is forgotten afterwards, since another may have a package of the same name. Its folder stays
    last on the path, for what is imported later.
    """
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location(f"{folder.name}_main", folder / "main.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.path.append(sys.path.pop(0))
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(folder):
            del sys.modules[name]
    return module
