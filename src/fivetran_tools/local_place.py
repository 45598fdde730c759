"""Where the local Fivetran is, for `serve` and for whoever asks it: its port, and the folder that it keeps."""

import os
import re
from pathlib import Path
from typing import Final

from fivetran_tools.errors import UsageError

PORT_VARIABLE: Final = "FIVETRAN_LOCAL_PORT"
PORT: Final = 8787
FOLDER_VARIABLE: Final = "FIVETRAN_LOCAL_FOLDER"


def local_port() -> int:
    """Return the port that the environment names, or else the usual one.

    Raises:
        UsageError: what it names is no port.
    """
    port = os.environ.get(PORT_VARIABLE, "").strip() or str(PORT)
    if not re.fullmatch("[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        message = f"{PORT_VARIABLE} is no port: expected a number from 1 to 65535"
        raise UsageError(message)
    return int(port)


def local_files(root: Path) -> Path:
    """Return where accounts, warehouses and logs are: in the folder that the environment names, or in the checkout."""
    named = os.environ.get(FOLDER_VARIABLE, "").strip()
    return (Path(named) if named else root / "files").resolve()


def account_folder(root: Path) -> Path:
    """Return where settings and credentials are among these."""
    return local_files(root) / "fivetran"
