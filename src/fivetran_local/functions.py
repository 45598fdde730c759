"""What the local Fivetran needs of whoever runs functions on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FunctionHere:
    """A function of this machine."""

    name: str
    connector: str
    url: str
    running: bool
    log: Path | None = None
    """What it says; None before it was ever started."""
    configuration: Mapping[str, str] | None = None
    """The settings that reach its source where that is simulated here."""

    def to_wire(self) -> dict[str, object]:
        """Return it as JSON has it."""
        wire: dict[str, object] = {
            "name": self.name, "connector": self.connector, "url": self.url, "running": self.running
        }  # fmt: skip
        return wire if self.configuration is None else {**wire, "configuration": dict(self.configuration)}


class Functions(Protocol):
    """Runs functions of this checkout on demand, each at an address that stays the same."""

    def addresses(self) -> Mapping[str, str]:
        """Return the address of each function, by name; none of them has to be running."""
        ...

    def described(self) -> Sequence[FunctionHere]:
        """Return all of them, by name."""
        ...

    def ready(self, url: str) -> Path | None:
        """Start the function at an address, if it is one of these and not running as its code now stands.

        Returns:
            its log; None where the address is somebody else's.

        Raises:
            LocalFivetranError: it cannot be started, with the reason in one line.
        """
        ...


class NoFunctions:
    """Runs nothing: every address is somebody else's."""

    def addresses(self) -> Mapping[str, str]:
        """Return none."""
        return {}

    def described(self) -> Sequence[FunctionHere]:
        """Return none."""
        return ()

    def ready(self, url: str) -> Path | None:
        """Do nothing."""
        del url
        return None  # the protocol promises a value
