"""The functions of `tests/functions`, behind the doors that the world uses."""

import importlib.util
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import functions_framework
from flask.testing import FlaskClient

FUNCTIONS = Path(__file__).parents[1] / "functions"


@contextmanager
def served(folder: str | Path) -> Iterator[FlaskClient]:
    """Serve a function as Google does, in this process; `folder` is one of `tests/functions`, or a path."""
    with _process_as_it_was():
        app = functions_framework.create_app(target="main", source=str(FUNCTIONS / folder / "main.py"))
        yield app.test_client()


def loaded(folder: str | Path) -> Callable[[object], Any]:
    """Return a function's `main`, imported anew, for tests that call it without HTTP."""
    spec = importlib.util.spec_from_file_location("main", FUNCTIONS / folder / "main.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


@contextmanager
def _process_as_it_was() -> Iterator[None]:
    path, module, root = sys.path[:], sys.modules.get("main"), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        sys.path[:] = path
        root.handlers[:], root.level = handlers, level
        sys.modules.pop("main", None)
        if module is not None:
            sys.modules["main"] = module
