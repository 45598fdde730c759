"""The checkout the command works in, and what stands where in it."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from fivetran_tools.errors import UsageError


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout of this project."""

    root: Path
    builds: Path | None = None
    """Where things are staged instead of `build/`: a deploy has a folder that no other run replaces."""

    @classmethod
    def here(cls) -> Self:
        """Return the checkout that this code belongs to, whatever folder the command was called from."""
        return cls(Path(__file__).resolve().parents[2])

    @property
    def connectors(self) -> list[str]:
        """The names of all connectors, sorted: the folders of `connectors/` that have a `main.py`.

        Folders that begin with "_" or ".", such as `__pycache__`, are nobody's connector.
        """
        names = (path.parent.name for path in self.root.glob("connectors/*/main.py"))
        return sorted(name for name in names if not name.startswith(("_", ".")))

    def connector(self, name: str) -> Path:
        """Return a connector's folder.

        Raises:
            UsageError: there is none of that name.
        """
        if name in self.connectors:
            return self.root / "connectors" / name
        # Not asked of the file system by this name, which may be longer than it takes.
        folders = {path.name for path in self.root.glob("connectors/*") if path.is_dir()}
        if name in folders and name.isidentifier():
            message = f"connectors/{name} has no main.py: a connector is a folder with a main.py"
            raise UsageError(message)
        close = get_close_matches(name, self.connectors, 1)
        hint = f"did you mean {close[0]}?" if close else f"there are: {', '.join(self.connectors) or 'none yet'}"
        message = f"no connector named {name!r} under connectors/: {hint}"
        raise UsageError(message)

    def simulator(self, name: str) -> str:
        """Return the module that simulates a connector's source: `simulators/NAME_api` or the connector's own.

        Raises:
            UsageError: it has none.
        """
        for pattern, found in (("simulators/*_api", f"{name}_api"), ("connectors/*/simulator", name)):
            for main in self.root.glob(f"{pattern}/__main__.py"):
                parts = main.parent.relative_to(self.root).parts
                if parts[1] == found:
                    return ".".join(parts)
        self.connector(name)
        message = f"{name} has no simulator (connectors/{name}/simulator): pass --configuration FILE to read a source"
        raise UsageError(message)

    @property
    def warehouse(self) -> Path:
        """The warehouse that is used where none is named."""
        return self.root / "files" / "warehouse.db"

    @property
    def build(self) -> Path:
        """The folder that things are staged in."""
        return self.builds or self.root / "build"

    def staged(self, name: str) -> Path:
        """Return where a connector is staged."""
        return self.build / "functions" / name

    def log(self, name: str) -> Path:
        """Return where the log of a program is kept that is run once at a time; `new_log` is for the others."""
        return self.root / "files" / "logs" / f"{name}.log"

    def last_check(self, name: str) -> Path:
        """Return where it is noted what the last check of a connector said."""
        return self.root / "files" / "checks" / f"{name}.json"
