"""Every query that StudentSuccess asks, by the module that asks it."""

import ast
import importlib
from pathlib import Path

from cohort.filters import Filters
from tests.support.student_success import ROOT
from warehouse.query import Query

APP = ROOT / "apps" / "student_success"
MAKERS = {"Query", "asking"}
ELSEWHERE = {
    "cohort.filters": "has no query of its own: it puts conditions into others'",
    "insights.areas.groups": "makes the areas' queries by groups, which the areas name",
    "warehouse.remote": "asks for a remote table's version, which the tests of each warehouse do",
}


def all_queries(filters: Filters) -> dict[str, Query]:
    """Return every query of the app under its module's name and its own, about these students."""
    found = {}
    for name in modules_that_ask():
        module = importlib.import_module(name)
        constant = getattr(module, "QUERIES", {})
        made = module.queries(filters) if hasattr(module, "queries") else {}
        named = constant if isinstance(constant, dict) else {str(place): query for place, query in enumerate(constant)}
        found |= {f"{name}: {key}": query for key, query in {**named, **made}.items()}
    return found


def modules_that_ask() -> list[str]:
    """Return the app's modules that make queries; each says which in `QUERIES` or in `queries(filters)`."""
    return sorted(name for path in APP.rglob("*.py") if (name := _name(path)) not in ELSEWHERE and _asks(path))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(APP).with_suffix("").parts)


def _asks(path: Path) -> bool:
    calls = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    return any(isinstance(call.func, ast.Name) and call.func.id in MAKERS for call in calls)
