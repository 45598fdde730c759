"""Writes docs/coverage.md: which parts of Fivetran's REST API the local Fivetran serves, which it refuses, and why.

python -m fivetran_tools.api_coverage [--check]

It is made of the API's own routes and its table of refusals. Where the environment variable FIVETRAN_OPENAPI names a
file with Fivetran's definition, every operation in it has to be one or the other; the exit code is 1 when one is
neither. With --check nothing is written, and the exit code is 1 as well when the file is stale.
"""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from fastapi.routing import APIRoute

from fivetran_local.api.app import served
from fivetran_local.api.front import MOST_BODY_BYTES, REQUESTS_AN_HOUR
from fivetran_local.api.paths import ALIASES
from fivetran_local.api.unserved import UNSERVED, unserved
from fivetran_tools.project import Project

DEFINITION: Final = "FIVETRAN_OPENAPI"

_HEAD: Final = """\
# What the local Fivetran's REST API covers

<!-- Generated from the API's routes by `python -m fivetran_tools.api_coverage`: do not edit. -->

Every part is served with Fivetran's envelope, codes and pagination, and behind HTTP Basic, but for `/public/`. What is
not imitated answers 501 with the reason. What is in neither list answers 404.

Requests and answers are held against Fivetran's own definition of its API by tests that skip where there is no copy of
it, because it is not part of this repository: `FIVETRAN_OPENAPI=FILE ./fivetran test --all` runs them.
"""

_DIFFERENCES: Final = f"""\
## What to know

- Only connections of `google_cloud_function` run, at any `https://` address or at `http://` on this machine. Those of
  `aws_lambda`, `azure_function` and `connector_sdk` can be made and changed; their setup test fails with the reason,
  and syncing them is refused.
- A destination takes any service and its configuration, and keeps them; the rows go to the group's DuckDB file. Making
  one adds no connection of `fivetran_log`.
- After a PATCH, setup tests run where `config` is among the changes, and not otherwise. The definition says otherwise;
  the real service does the same (github.com/fivetran/terraform-provider-fivetran, pull request 513).
- `destination_schema_names` may be `FIVETRAN_NAMING` only. Ids of agents, private links and secret managers are
  refused, because there are none.
- `x-rate-limit` and `x-rate-limit-remaining` tell Fivetran's limit of {REQUESTS_AN_HOUR:,} requests an hour. It is not
  enforced.
- Tables of a function cannot be re-synced one by one: there is one state for all of them, so that is refused with 400.
- The destination that is there from the start is of service `duckdb`, which Fivetran does not have.
- A body has at most {MOST_BODY_BYTES // 1024**2} MiB.
- Webhooks take `http://` addresses of this machine beside `https://`. The events `status`, `resync_table`, `dbt_run_…`
  and `transformation_…` can be asked for and tested; nothing here makes them happen, so that they are never sent.
"""


def coverage() -> str:
    """Return the text of docs/coverage.md."""
    lines = [_HEAD, "## Served\n", "| method | path | what it does |", "|---|---|---|"]
    lines += [f"| {method} | `{route.path}` | {_purpose(route)} |" for method, route in sorted_routes()]
    lines += ["", "## Older spellings\n", "Each also with a slash at its end.\n", "| path | is |", "|---|---|"]
    lines += [f"| `{alias}` | `{path}` |" for alias, path in ALIASES.items()]
    lines += ["", "## Refused\n", "| methods | path | why |", "|---|---|---|"]
    lines += [
        f"| {', '.join(part.methods)} | `{part.path.replace('{rest:path}', '…')}` | {part.reason} |"
        for part in UNSERVED
    ]
    return "\n".join((*lines, "", _DIFFERENCES))


def sorted_routes() -> list[tuple[str, APIRoute]]:
    """Return what is served, by path."""
    routes = [(method, route) for router in served() for route in router.routes if isinstance(route, APIRoute)
              for method in route.methods or ()]  # fmt: skip
    return sorted(routes, key=lambda pair: (pair[1].path, _VERBS.index(pair[0])))


def uncovered(definition: Path) -> list[str]:
    """Return the operations of a definition that are neither served nor refused, such as "GET /v1/moons"."""
    document = json.loads(definition.read_text(encoding="utf-8"))
    known = [*_known()]
    return [
        f"{verb.upper()} {path}"
        for path, operations in document["paths"].items()
        for verb in operations
        if verb.upper() in _VERBS
        and not any(verb.upper() == method and pattern.fullmatch(path) for method, pattern in known)
    ]


_ANY: Final = {"{rest:path}": ".*"}
_VERBS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _known() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yield the method and the path of each route; what the definition calls its parameters does not matter."""
    for router in (*served(), unserved()):
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield from ((method, _pattern(route.path)) for method in route.methods or ())


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\})", path)
    return re.compile("".join(_ANY.get(part, r"\{\w+\}") if part[:1] == "{" else re.escape(part) for part in parts))


def _purpose(route: APIRoute) -> str:
    return (route.endpoint.__doc__ or "").strip().partition("\n")[0]


def main(arguments: list[str]) -> int:
    """Write the file, or check it."""
    file = Project.here().root / "docs" / "coverage.md"
    named = os.environ.get(DEFINITION)
    try:
        missing = uncovered(Path(named)) if named else []
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        click.echo(f"{DEFINITION} names {named}, which is no OpenAPI definition: {error}", err=True)
        return 1
    for operation in missing:
        click.echo(f"neither served nor refused: {operation}", err=True)
    if arguments == ["--check"]:
        fresh = file.exists() and file.read_text(encoding="utf-8") == coverage()
        if not fresh:
            click.echo(f"{file.name} is stale: run python -m fivetran_tools.api_coverage", err=True)
        return 1 if missing or not fresh else 0
    file.write_text(coverage(), encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
