"""Asking gcloud: what it answers, and one line that says what went wrong."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fivetran_tools.deployment import gcloud_arguments
from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.deployment.programs import log_file, run_program
from fivetran_tools.errors import CommandError

INSTALL_HINT: Final = "install the Google Cloud CLI (https://cloud.google.com/sdk/docs/install)"
ASK_SECONDS: Final = 120.0
DEPLOY_SECONDS: Final = 2100.0
"""gcloud itself waits for a deploy for a little more than half an hour."""

_NOT_LOGGED_IN: Final = re.compile(
    r"do not currently have an active account|[Rr]eauthentication|refreshing your current auth tokens|invalid_grant"
)
_MISSING: Final = re.compile(r"\bstatus=\[404\]|\bNOT_FOUND\b|\bHttpException: .*\b404\b")
_ACTIVE: Final = "ACTIVE"
_GENERATIONS: Final = {"GEN_1": 1, "GEN_2": 2}
"""As gcloud says it of the second, and not always of the first, whose functions have a status and no state."""


@dataclass(frozen=True, slots=True)
class Running:
    """A function that exists in Google Cloud. A label that is not there is an empty text."""

    commit: str
    """As its label has it: a commit, with `-modified` where the files differed from it."""
    version: str
    url: str
    """The trigger URL; empty while Google has not given one."""
    state: str
    """`ACTIVE`, or Google's word for anything else (`FAILED`, `DEPLOYING`, `OFFLINE`, ...)."""
    generation: int | None = None
    """1 or 2; None where Google does not say."""

    @property
    def is_active(self) -> bool:
        """Whether its last deploy went through."""
        return self.state == _ACTIVE


class GcloudError(CommandError):
    """Gcloud ended with a failure; the text is its own last meaningful line."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output
        """All that it wrote on standard error."""


def what_runs(deployment: Deployment) -> Running | None:
    """Return what runs under a deployment's name; None where there is no such function.

    Raises:
        CommandError: there is no gcloud, nobody is logged in, or Google does not say.
    """
    try:
        return read_function(run(gcloud_arguments.describe_arguments(deployment), seconds=ASK_SECONDS))
    except GcloudError as error:
        if _MISSING.search(error.output) and f"functions/{deployment.function}" in error.output:
            return None
        raise


def all_that_run(project: str) -> dict[tuple[str, str], Running]:
    """Return, by name and region, every function of a Google Cloud project that has our labels.

    Raises:
        CommandError: there is no gcloud, nobody is logged in, or Google does not say.
    """
    text = run(gcloud_arguments.list_arguments(project), seconds=ASK_SECONDS)
    try:
        found = {}
        for document in json.loads(text):
            *_, region, _, name = document["name"].split("/")
            found[name, region] = _running(document)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _no_json() from None
    return found


def read_function(text: str) -> Running:
    """Read a function of either generation as gcloud prints it with `--format=json`.

    Raises:
        GcloudError: it is something else.
    """
    try:
        return _running(json.loads(text))
    except (ValueError, AttributeError, RecursionError):
        raise _no_json() from None


def _running(document: Any) -> Running:  # noqa: ANN401  # what gcloud printed: those who call see to what it is
    labels = document.get("labels") or {}
    url = _inside(document, "serviceConfig", "uri") or _inside(document, "httpsTrigger", "url")
    state = str(document.get("state") or document.get("status") or "")
    return Running(
        str(labels.get(gcloud_arguments.COMMIT_LABEL, "")),
        str(labels.get(gcloud_arguments.VERSION_LABEL, "")),
        url or str(document.get("url") or ""),
        state,
        _GENERATIONS.get(str(document.get("environment")), 1 if "status" in document else None),
    )


def _no_json() -> GcloudError:
    return GcloudError("gcloud did not print the function as JSON: update it with `gcloud components update`")


def run(words: list[str], *, seconds: float, log: Path | None = None, show: Callable[[str], None] | None = None) -> str:
    """Run gcloud and return its standard output.

    Args:
        words: The command; the first is `gcloud`.
        seconds: The most it may take.
        log: Where to keep what it writes on standard error, made anew.
        show: Told each line that it writes on standard error, as it comes.

    Raises:
        CommandError: there is no gcloud, or the log cannot be written.
        GcloudError: it failed, or did not end in time.
    """
    binary = shutil.which(words[0])
    if not binary:
        message = f"there is no gcloud on the PATH: {INSTALL_HINT}, or look at what would be done with --dry-run"
        raise CommandError(message)
    lines: list[str] = []
    with log_file(log) as keep:

        def tell(line: str) -> None:
            lines.append(line)
            keep(line)
            if show and line.strip():
                show(line.rstrip())

        try:
            ended = run_program([binary, *words[1:]], seconds=seconds, tell=tell)
        except OSError as error:
            message = f"{binary} cannot be run: {error.strerror or error}; {INSTALL_HINT}"
            raise CommandError(message) from error
    if ended.status is None:
        message = f"`{_short(words)}` did not end within {seconds:.0f} s: see the state with --status, then try again"
        raise GcloudError(message)
    if ended.status:
        raise _failure(words, "\n".join(lines), log)
    return ended.output


def _failure(words: list[str], errors: str, log: Path | None) -> GcloudError:
    if _NOT_LOGGED_IN.search(errors):
        return GcloudError("gcloud is not logged in to Google Cloud: run `gcloud auth login`, then this again", errors)
    kept = f"; all it said is in {log}" if log else ""
    return GcloudError(f"`{_short(words)}` failed: {last_meaningful_line(errors)}{kept}", errors)


def last_meaningful_line(errors: str) -> str:
    """Return gcloud's own reason: its last line that begins with ERROR, and the next where that one only announces."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    for place in range(len(lines) - 1, -1, -1):
        if lines[place].startswith("ERROR:"):
            reason = re.sub(r"^ERROR:\s*(\([^)]*\)\s*)?", "", lines[place])
            if reason.endswith(":") and place + 1 < len(lines):
                reason = f"{reason} {lines[place + 1].removeprefix('- ')}"
            return reason
    return lines[-1] if lines else "it said nothing"


def _short(words: list[str]) -> str:
    return " ".join(word for word in words[:4] if not word.startswith("-"))


def _inside(document: Mapping[str, object], *path: str) -> str:
    value: object = document
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
