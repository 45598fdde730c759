"""The words of `deploy`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fivetran_tools.commands.vocabulary import DONE, FILE, Examples
from fivetran_tools.errors import UsageError

if TYPE_CHECKING:
    from fivetran_tools.deployment.connector_sdk.options import SdkOptions
    from fivetran_tools.deployment.deployments import Deployment
    from fivetran_tools.deployment.plan import DeployOptions
    from fivetran_tools.project import Project


@click.command(
    cls=Examples,
    short_help="Deploy NAME, or look at what runs.",
    example="./fivetran deploy hed --dry-run\n"
    "./fivetran deploy hed --fivetran-group grafted_unwound\n"
    "./fivetran deploy hed --commit 1a2b3c4\n"
    "./fivetran deploy --status",
)
@click.argument("name", required=False)
@click.option("--environment", help="An environment of deploy.yaml, instead of the one that it says.")
@click.option("--target", type=click.Choice(["function", "connector-sdk"]), help="Instead of what deploy.yaml says.")
@click.option("--dry-run", is_flag=True, help="Stage, print the tree and the command, and change nothing.")
@click.option("--commit", help="Deploy what this commit holds, its deploy.yaml included: the way back.")
@click.option("--roll-back", is_flag=True, help="Go back to the version before when the smoke call fails.")
@click.option("--allow-modified", is_flag=True, help="Deploy files that differ from their commit.")
@click.option("--fivetran-group", metavar="ID", help="Let this Fivetran group's service account call the function.")
@click.option(
    "--fivetran-service-account", metavar="EMAIL", help="The same, by the address that Fivetran's form shows."
)
@click.option("--configuration", type=FILE, help="JSON file with settings: for the smoke call, or for the SDK.")
@click.option("--destination", help="connector-sdk: the destination.  [env: FIVETRAN_DESTINATION_NAME]")
@click.option("--connection", help="connector-sdk: the connection.  [env: FIVETRAN_CONNECTION_NAME]")
@click.option("--python-version", help="connector-sdk: the Python it runs on.  [env: FIVETRAN_PYTHON_VERSION]")
@click.option("--status", is_flag=True, help="Show what runs against what is committed, of NAME or of all.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="With --status.")
def deploy(
    *,
    name: str | None,
    environment: str | None,
    target: str | None,
    dry_run: bool,
    commit: str | None,
    roll_back: bool,
    allow_modified: bool,
    fivetran_group: str | None,
    fivetran_service_account: str | None,
    configuration: Path | None,
    destination: str | None,
    connection: str | None,
    python_version: str | None,
    status: bool,
    form: str,
) -> int:
    """Deploy NAME: a function of deploy.yaml, or a connector that only one function uses.

    It is staged, uploaded with `gcloud functions deploy`, labelled with commit and version, and called once with
    setup_test. No option is needed beyond NAME: what a function is given stands in deploy.yaml.
    """
    from fivetran_tools.deployment.deployments import Target
    from fivetran_tools.deployment.invoker import fivetran_member
    from fivetran_tools.deployment.plan import DeployOptions, chosen
    from fivetran_tools.project import Project

    project = Project.here()
    if status:
        return _show_status(project, name, environment, as_json=form == "json")
    if name is None:
        message = "which function? name one of deploy.yaml, or see all with --status"
        raise UsageError(message)
    options = DeployOptions(
        name=name,
        environment=environment,
        target=Target(target) if target else None,
        commit=commit,
        allow_modified=allow_modified,
        roll_back=roll_back,
        member=fivetran_member(fivetran_group, fivetran_service_account),
        configuration=configuration,
    )
    for_functions = {"--fivetran-group": fivetran_group, "--fivetran-service-account": fivetran_service_account}
    for_the_sdk = {"--destination": destination, "--connection": connection, "--python-version": python_version}
    with chosen(project, options) as (source, deployment):
        idle = for_functions if deployment.target is Target.CONNECTOR_SDK else for_the_sdk
        for option, value in idle.items():
            if value is not None:
                message = f"{option} means nothing with target {deployment.target}: leave it out"
                raise UsageError(message)
        if deployment.target is Target.CONNECTOR_SDK:
            from fivetran_tools.deployment.connector_sdk.options import SdkOptions

            given = SdkOptions(None, destination, connection, configuration, python_version, dry_run)
            return _deploy_to_connector_sdk(source, deployment, given)
        return _deploy_function(project, source, deployment, options, dry_run=dry_run)


def _deploy_function(
    project: "Project",
    source: "Project",
    deployment: "Deployment",
    options: "DeployOptions",
    *,
    dry_run: bool,
) -> int:
    from rich.console import Console

    from fivetran_tools.deployment import showing
    from fivetran_tools.deployment.handover import handover
    from fivetran_tools.deployment.plan import prepare
    from fivetran_tools.deployment.rollback import deploy_or_go_back

    out = Console()
    plan = prepare(source, deployment, options)
    showing.show_plan(out, plan)
    if dry_run:
        showing.show_hindrances(out, plan)
        return DONE
    deployed = deploy_or_go_back(project, plan, options, announce=_announce)
    form = handover(source, deployment, deployed.running.url)
    showing.show_deployed(out, deployed, form, lets_fivetran_in=options.member is not None)
    return DONE


def _deploy_to_connector_sdk(source: "Project", deployment: "Deployment", given: "SdkOptions") -> int:
    from dataclasses import replace

    from fivetran_tools.deployment.connector_sdk.deploy import deploy_to_connector_sdk

    asks = _somebody_is_there() and not given.dry_run
    if asks:
        given = replace(given, api_key=_ask_for_api_key())
    done = deploy_to_connector_sdk(source, deployment, given, _announce, _ask if asks else None)
    if done.connection_id:
        click.echo(f"{deployment.function} is deployed as connection {done.connection_id}")
    return DONE


def _announce(text: str) -> None:
    """Print a step on standard error; what gcloud says is among them, and must not move a terminal's cursor."""
    click.echo("".join(character if character.isprintable() else " " for character in text), err=True)


def _somebody_is_there() -> bool:
    return sys.stdin.isatty()


def _ask_for_api_key() -> str:
    import os

    from fivetran_tools.deployment.connector_sdk.options import shown_key

    known = os.environ.get("FIVETRAN_API_KEY", "").strip()
    shown = f" [{shown_key(known)}]" if known else ""
    answer = click.prompt(f"API key, in base64{shown}", default=known, show_default=False, hide_input=True, err=True)
    return str(answer)


def _ask(question: str, default: str, shown: str) -> str:
    hint = f" [{shown}]" if shown else ""
    return str(click.prompt(f"{question}{hint}", default=default, show_default=False, err=True))


def _show_status(project: "Project", name: str | None, environment: str | None, *, as_json: bool) -> int:
    import json

    from rich.console import Console

    from fivetran_tools.deployment import showing
    from fivetran_tools.deployment.choosing import choose
    from fivetran_tools.deployment.deploy_file import read_deployments
    from fivetran_tools.deployment.status import statuses

    deployments = read_deployments(project)
    names = [name] if name is not None else list(deployments.functions)
    found = statuses(project, [choose(deployments, one, environment=environment) for one in names])
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], indent=2))
    else:
        showing.show_statuses(Console(), found)
    return DONE
