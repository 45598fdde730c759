"""The words of `deploy`."""

import sys
from typing import TYPE_CHECKING, Any

import click

from fivetran_tools.commands.vocabulary import DONE, FILE, Examples
from fivetran_tools.deployment.deployments import Target
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.printable import printable

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
@click.option(
    "--target", type=click.Choice([target.value for target in Target]), help="Instead of what deploy.yaml says."
)
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
@click.option("--format", type=click.Choice(["table", "json"]), help="With --status.  [default: table]")
def deploy(*, name: str | None, status: bool, **options: Any) -> int:  # noqa: ANN401  # DeployOptions, SdkOptions
    """Deploy NAME: a function of deploy.yaml, or a connector that only one function uses.

    It is staged, uploaded with `gcloud functions deploy`, labelled with commit and version, and called once with
    setup_test. No option is needed beyond NAME: what a function is given stands in deploy.yaml.
    """
    from fivetran_tools.deployment import roads
    from fivetran_tools.deployment.invoker import fivetran_member
    from fivetran_tools.deployment.plan import DeployOptions, chosen
    from fivetran_tools.project import Project

    project = Project.here()
    if status:
        roads.check_options(options, roads.STATUS)
        return _show_status(project, name, options["environment"], as_json=options["format"] == "json")
    if name is None:
        message = "which function? name one of deploy.yaml, or see all with --status"
        raise UsageError(message)
    wanted = DeployOptions(
        name=name,
        environment=options["environment"],
        target=Target(options["target"]) if options["target"] else None,
        commit=options["commit"],
        allow_modified=options["allow_modified"],
        roll_back=options["roll_back"],
        member=fivetran_member(options["fivetran_group"], options["fivetran_service_account"]),
        configuration=options["configuration"],
        dry_run=options["dry_run"],
    )
    with chosen(project, wanted) as (source, deployment):
        roads.check_options(options, roads.road_to(deployment.target))
        if deployment.target is Target.CONNECTOR_SDK:
            from fivetran_tools.deployment.connector_sdk.options import SdkOptions

            shared = ("destination", "connection", "configuration", "python_version", "allow_modified", "dry_run")
            given = SdkOptions(**{option: options[option] for option in shared})
            return _deploy_to_connector_sdk(project, source, deployment, given)
        return _deploy_function(project, source, deployment, wanted)


def _deploy_function(project: "Project", source: "Project", deployment: "Deployment", options: "DeployOptions") -> int:
    from rich.console import Console

    from fivetran_tools.deployment import terminal
    from fivetran_tools.deployment.handover import handover
    from fivetran_tools.deployment.plan import prepare
    from fivetran_tools.deployment.rollback import deploy_or_go_back

    out = Console()
    plan = prepare(source, deployment, options)
    terminal.show_plan(out, plan)
    if options.dry_run:
        terminal.show_hindrances(out, plan)
        return DONE
    deployed = deploy_or_go_back(project, plan, options, announce=_announce)
    form = handover(source, deployment, deployed.running.url)
    terminal.show_deployed(out, deployed, form, lets_fivetran_in=options.member is not None)
    return DONE


def _deploy_to_connector_sdk(
    project: "Project", source: "Project", deployment: "Deployment", given: "SdkOptions"
) -> int:
    from dataclasses import replace

    from fivetran_tools.deployment.connector_sdk.deploy import deploy_to_connector_sdk

    asks = _somebody_is_there() and not given.dry_run
    if asks:
        given = replace(given, api_key=_ask_for_api_key())
    done = deploy_to_connector_sdk(project, source, deployment, given, announce=_announce, ask=_ask if asks else None)
    if done.connection_id:
        click.echo(f"{deployment.function} is deployed as connection {done.connection_id}")
    return DONE


def _announce(text: str) -> None:
    """Print a step on standard error; what gcloud says is among them, and must not move a terminal's cursor."""
    click.echo(printable(text), err=True)


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
    from rich.console import Console

    from fivetran_tools.deployment import formats, terminal
    from fivetran_tools.deployment.choosing import choose
    from fivetran_tools.deployment.deploy_file import read_deployments
    from fivetran_tools.deployment.status import statuses
    from fivetran_tools.deployment.strays import strays

    deployments = read_deployments(project)
    names = [name] if name is not None else list(deployments.functions)
    found = statuses(project, [choose(deployments, one, environment=environment) for one in names])
    if name is None and environment is None:
        try:
            found += strays(project, deployments)
        except CommandError as error:  # an account may see the functions of deploy.yaml and not be allowed to list all
            _announce(f"what runs beside them is not known: {error}")
    if as_json:
        click.echo(formats.as_json(found))
    else:
        terminal.show_statuses(Console(), found)
    return DONE
