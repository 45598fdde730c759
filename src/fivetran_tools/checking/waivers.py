"""Rules that a connector is allowed to break, each with the reason: `waivers.toml` in its folder.

naive-timestamps = "the API states no zone"
"""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from fivetran_local.conformance.rules import NAMES
from fivetran_tools.errors import UsageError

WAIVERS_FILE: Final = "waivers.toml"


def read_waivers(connector: Path) -> dict[str, str]:
    """Return the reason for each rule that a connector's folder waives.

    Raises:
        UsageError: the file cannot be read, or names a rule that does not exist, or gives no reason.
    """
    file = connector / WAIVERS_FILE
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f'{file}: {error}: write lines like naive-timestamps = "why"') from None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    return _checked(found, str(file))


def waivers_in(words: Iterable[str]) -> dict[str, str]:
    """Return the reason for each rule that `--waive RULE=REASON` names.

    Raises:
        UsageError: a word is not of that form, or its rule does not exist.
    """
    found = {}
    for word in words:
        rule, _, reason = word.partition("=")
        found[rule.strip()] = reason.strip()
    return _checked(found, "--waive")


def _checked(found: Mapping[str, object], where: str) -> dict[str, str]:
    waivers = {}
    for rule, reason in found.items():
        if rule not in NAMES:
            raise UsageError(f"{where}: there is no rule '{rule}': `./fivetran check --list-rules` shows them all")
        if not isinstance(reason, str) or not reason.strip():
            raise UsageError(f"{where}: '{rule}' is waived without a reason: write why, the report shows it")
        waivers[rule] = reason
    return waivers
