"""Deploying through the Connector SDK: stage, say what will be done, and let the SDK's own command upload it."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fivetran_protocol import Redactor, secret_values
from fivetran_tools.configuration import read_configuration
from fivetran_tools.declaration import read_declaration
from fivetran_tools.deployment.connector_sdk.environment import ensure_environment
from fivetran_tools.deployment.connector_sdk.options import Ask, SdkOptions, complete, shown_key
from fivetran_tools.deployment.connector_sdk.project import environment_of, stage_sdk_project
from fivetran_tools.deployment.connector_sdk.sdk_command import deploy_words, run_deploy
from fivetran_tools.deployment.deployments import Deployment
from fivetran_tools.deployment.plan import commit_problem, deployed_commit
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.private_folder import private_folder
from fivetran_tools.project import Project
from fivetran_tools.staging import StagedFunction

_MOST_SETTINGS: Final = 100
"""The SDK's own limit."""


@dataclass(frozen=True, slots=True)
class SdkDeployed:
    """What was done, or in a dry run what would be."""

    staged: StagedFunction
    command: list[str]
    connection_id: str | None = None
    """As Fivetran calls it; None after a dry run."""


def deploy_to_connector_sdk(
    project: Project,
    source: Project,
    deployment: Deployment,
    options: SdkOptions,
    *,
    announce: Callable[[str], None],
    ask: Ask | None = None,
) -> SdkDeployed:
    """Deploy a connector as a Connector SDK connection; one that exists gets the new code.

    Args:
        project: The checkout that keeps the log and the SDK's environment.
        source: The checkout to stage from, which may be the same.
        deployment: What to deploy; its `function` names the connection where the options do not.
        options: What the command was told.
        announce: Told the staged files, the command, and what the SDK says meanwhile.
        ask: Asks for what is missing; None where nobody can answer.

    Raises:
        UsageError: an option is missing or wrong, the configuration cannot be used, or files differ from their commit.
        CommandError: it cannot be staged, the SDK cannot be installed, or the deploy failed.
    """
    answers = complete(options, deployment, ask)
    settings = _settings(answers.configuration)
    staged = stage_sdk_project(source, deployment)
    commit = deployed_commit(source, staged)
    hindrance = None if options.allow_modified else commit_problem(commit, staged.differing)
    environment = environment_of(project, deployment.connector)
    program = environment / "bin" / "fivetran"
    command = deploy_words(program, staged.folder, answers, answers.configuration)
    announce(f"staged in {staged.folder}, as it is uploaded:")
    for name in staged.files:
        announce(f"  {name}")
    announce(shlex.join(command))
    key = shown_key(answers.api_key) if answers.api_key else "not set yet"
    announce(f"The API key ({key}) is given to it as FIVETRAN_API_KEY.")
    if deployment.secrets and not settings:
        announce("deploy.yaml's secrets are Secret Manager's, which the SDK cannot read: pass --configuration, or set")
        announce(f"them on the connection in the dashboard: {', '.join(sorted(map(str.lower, deployment.secrets)))}")
    if options.dry_run:
        if hindrance:
            announce(f"a real deploy is refused: {hindrance}")
        return SdkDeployed(staged, command)
    if hindrance:
        raise UsageError(hindrance)

    ensure_environment(environment, staged.folder / "requirements.txt", announce)
    redact = _redactor(staged, settings, answers.api_key)
    log = project.log(f"deploy-{deployment.function}")
    try:
        with _settings_file(settings) as file:
            words = deploy_words(program, staged.folder, answers, file)
            lines = run_deploy(words, answers.api_key, log, redact=redact, show=announce)
    except OSError as error:
        message = f"cannot write {error.filename or 'a temporary file'}: {error.strerror or error}"
        raise CommandError(message) from error
    found = re.search(r"Connection ID: (\S+)", "\n".join(lines))
    return SdkDeployed(staged, command, found[1] if found else None)


def _settings(configuration: Path | None) -> dict[str, str]:
    settings = read_configuration(configuration) if configuration else {}
    if len(settings) > _MOST_SETTINGS:
        message = f"{configuration} has {len(settings)} settings, and the Connector SDK takes {_MOST_SETTINGS} at most"
        raise UsageError(message)
    return settings


@contextmanager
def _settings_file(settings: Mapping[str, str]) -> Iterator[Path | None]:
    """Yield a file that only this user reads, its `$NAME` values looked up already, which the SDK would not do."""
    if not settings:
        yield None
        return
    with private_folder() as folder:
        file = folder / "configuration.json"
        file.write_text(json.dumps(settings), encoding="utf-8")
        yield file


def _redactor(staged: StagedFunction, settings: Mapping[str, str], api_key: str) -> Redactor:
    public = read_declaration(staged).public_keys or frozenset()
    hidden = {key: value for key, value in settings.items() if key not in public}
    return Redactor([api_key, *secret_values(hidden)])
