"""Names that a connector's own package cannot have: it would be imported in place of what everybody means by them."""

import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_OWN_FILE: Final = "main"


def who_has(name: str, requirements: Iterable[str]) -> str | None:
    """Return who has a package's name already: Python, the function's own file, or what is installed for it.

    Args:
        name: The package's name.
        requirements: What is installed beside it, one requirement each, such as `orjson>=3.10`.

    Returns:
        A name to be shown, such as `requests`; None where the name is free. Of what is not installed here, the name of
        a package is guessed from its distribution's, and what that needs in turn is not known.
    """
    if name in sys.stdlib_module_names:
        return "Python"
    if name == _OWN_FILE:
        return "main.py"
    installed = {canonicalize_name(one) for one in packages_distributions().get(name, ())}
    for distribution in _with_what_they_need(canonicalize_name(Requirement(line).name) for line in requirements):
        if distribution in installed or re.sub("[-_.]+", "_", distribution) == name:
            return distribution
    return None


def _with_what_they_need(distributions: Iterable[str]) -> Iterator[str]:
    waiting, seen = list(distributions), set[str]()
    while waiting:
        distribution = waiting.pop()
        if distribution in seen:
            continue
        seen.add(distribution)
        yield distribution
        try:
            needed = map(Requirement, requires(distribution) or ())
        except PackageNotFoundError:
            continue
        waiting += [
            canonicalize_name(one.name) for one in needed if not one.marker or one.marker.evaluate({"extra": ""})
        ]
