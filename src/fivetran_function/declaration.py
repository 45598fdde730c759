"""What a connector declares of itself, for whoever has to know it without calling it.

`main.declaration` holds it. `python -m fivetran_function.declaration`, run in a connector's staged folder, prints it as
one JSON object: {"name": "users", "tables": {"users": ["id"]}, "public_keys": ["base_url"]}.
"""

import importlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from fivetran_protocol import Table


@dataclass(frozen=True, slots=True)
class Declaration:
    """A connector's name, the tables it can fill, and those of its settings that are no secret."""

    name: str
    tables: Mapping[str, Table]
    public_keys: tuple[str, ...] = ()

    def to_json(self) -> str:
        """Write it as `python -m fivetran_function.declaration` prints it."""
        tables = {name: list(table.primary_key) for name, table in self.tables.items()}
        return json.dumps({"name": self.name, "tables": tables, "public_keys": list(self.public_keys)})


def main() -> None:
    """Print the declaration of the `main.py` in the current folder; `null` for one without this runtime."""
    entry_point = getattr(importlib.import_module("main"), "main", None)
    declaration = getattr(entry_point, "declaration", None)
    print(declaration.to_json() if isinstance(declaration, Declaration) else "null")


if __name__ == "__main__":
    # As a module of its own name, or `Declaration` would be another class than the connector's.
    importlib.import_module("fivetran_function.declaration").main()
    sys.stdout.flush()
    sys.stdout = sys.stderr  # what a connector prints at its end would come after it
