"""What the local Fivetran needs of whoever runs functions on this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Functions(Protocol):
    """Runs functions of this checkout on demand, each at an address that stays the same."""

    def addresses(self) -> Mapping[str, str]:
        """Return the address of each function, by name; none of them has to be running."""
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

    def ready(self, url: str) -> Path | None:
        """Do nothing."""
        del url
        return None  # the protocol promises a value
