"""Reading a configuration file: the secrets of a connection, as somebody keeps them on their own machine."""

import json
import os
import re
from pathlib import Path
from typing import Final

from fivetran_protocol import kind_of
from fivetran_tools.errors import UsageError

_VARIABLE: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


def read_configuration(file: Path) -> dict[str, str]:
    """Return the secrets in a configuration file: one flat JSON object of strings.

    A value that is `$NAME` is read from the environment; `$$NAME` is the text `$NAME`.

    Raises:
        UsageError: the file is missing or not of that form, or a variable is not set. No value is in the text.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        message = f"no configuration at {file}: copy the connector's configuration.example.json there and fill it in"
        raise UsageError(message) from None
    except json.JSONDecodeError as error:
        message = f"{file}:{error.lineno}:{error.colno}: not JSON: {error.msg}"
        raise UsageError(message) from None
    except RecursionError:
        message = f"{file} is nested too deep to be read, expected one flat object of strings"
        raise UsageError(message) from None
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read {file}: {getattr(error, 'strerror', None) or 'it is not UTF-8 text'}"
        raise UsageError(message) from None
    if not isinstance(document, dict):
        message = f'{file} holds {kind_of(document)}, expected one object of strings like {{"api_key": "..."}}'
        raise UsageError(message)
    return {key: _value(file, key, value) for key, value in document.items()}


def _value(file: Path, key: str, value: object) -> str:
    if not isinstance(value, str):
        message = f"{file}: '{key}' is {kind_of(value)}, expected text: Fivetran sends every secret as text; quote it"
        raise UsageError(message)
    if value.startswith("$$"):
        return value[1:]
    variable = _VARIABLE.fullmatch(value)
    if not variable:
        return value
    if variable[1] not in os.environ:
        message = f"{file}: '{key}' reads the environment variable {variable[1]}, which is not set: export it first"
        raise UsageError(message)
    return os.environ[variable[1]]
