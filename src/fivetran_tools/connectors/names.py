"""What a connector may be called: one name that is right everywhere it will stand."""

import keyword
import re
from typing import Final

from fivetran_local.naming import connection_name_problem
from fivetran_tools.deployment.deploy_schema import ENVIRONMENTS, FUNCTION_NAME
from fivetran_tools.staging import NEVER_STAGED

_MOST_SHOWN: Final = 40

_TAKEN: Final = {
    **dict.fromkeys(sorted(NEVER_STAGED), "is what staging leaves out of a connector"),
    **dict.fromkeys(("build", "files"), "is a name that .gitignore leaves out of every commit"),
    ENVIRONMENTS: "is the one key of deploy.yaml that is no function",
}


def connector_name_problem(name: str) -> str | None:
    """Say in one line why a connector cannot be called so, and what would do; None when it can.

    The name is a folder and a Python package, the schema of its connection, and a function in Google Cloud and
    deploy.yaml. It need not avoid the names of modules: a staged folder is where imports start, and its own name is
    never one of them.
    """
    problem = _problem(name)
    if problem is None:
        return None
    shown = repr(name if len(name) <= _MOST_SHOWN else f"{name[:_MOST_SHOWN]}…")
    close = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")
    hint = f"{close} would do" if close and _problem(close) is None else "choose another, such as weather"
    return f"a connector cannot be named {shown}: it {problem}; {hint}"


def _problem(name: str) -> str | None:
    if len(name) > 63:
        return f"has {len(name)} characters, of which Google takes 63 at most"
    if not re.fullmatch(FUNCTION_NAME, name) or "-" in name:
        return "is not made of a-z, 0-9 and _, starting with a letter and not ending with _"
    if keyword.iskeyword(name):
        return "is a word of Python's own"
    if name in _TAKEN:
        return _TAKEN[name]
    return "is a schema of the warehouse's own" if connection_name_problem(name) else None
