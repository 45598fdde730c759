"""The words of `ci_config update` and `ci_config changed`."""

from typing import Final

import click

from fivetran_tools.commands.vocabulary import DONE, Examples
from fivetran_tools.errors import CommandError, UsageError

UNCHANGED: Final = 3
"""The exit code of `changed` for "no": a failure must not be mistaken for it."""


@click.group(name="ci_config", short_help="Keep CircleCI's configuration in step with deploy.yaml.")
def ci_config() -> None:
    """Keep .circleci/config.yml in step with deploy.yaml and the connectors."""


@ci_config.command(
    cls=Examples,
    short_help="Render .circleci/config.yml.",
    example="./fivetran ci_config update\n./fivetran ci_config update --dry-run",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the file is stale.")
@click.option("--dry-run", is_flag=True, help="Write nothing; show the difference.")
def update(*, check: bool, dry_run: bool) -> None:
    """Render .circleci/config.yml from its template, the connectors and deploy.yaml."""
    from fivetran_tools.deployment.ci_config import CONFIG, UPDATE, render
    from fivetran_tools.deployment.ci_config import update as run
    from fivetran_tools.project import Project

    if check and dry_run:
        message = "--check and --dry-run exclude each other: one judges, the other shows"
        raise UsageError(message)
    project = Project.here()
    rendered = render(project) if check or dry_run else run(project)
    if check and not rendered.is_fresh:
        message = f"{CONFIG} is stale: {rendered.staleness()}; run {UPDATE} and commit it"
        raise CommandError(message)
    jobs = f"connectors tested: {rendered.tested}, functions deployed: {rendered.deployed}"
    if rendered.is_fresh:
        click.echo(f"{CONFIG} is up to date: {jobs}")
    elif dry_run:
        click.echo(rendered.diff(), nl=False)
    else:
        click.echo(f"{CONFIG} written: {jobs}")


@ci_config.command(
    cls=Examples,
    short_help="Say whether NAME changed.",
    example="./fivetran ci_config changed hed --against merge-base\n"
    "./fivetran ci_config changed hed --against deployed",
)
@click.argument("name")
@click.option(
    "--against",
    type=click.Choice(["merge-base", "deployed"]),
    required=True,
    help="Where the branch left origin/main, for a connector; or the commit that a deployed function runs.",
)
def changed(name: str, against: str) -> int:
    """Say whether NAME changed, and why. Exit code 0 when it did, 3 when it did not, 1 when that cannot be found out.

    Against the merge base NAME is a connector, and its tests count too. Against what is deployed NAME is a function of
    deploy.yaml, and its entry there counts too; it is called once, and one that does not answer counts as changed. A
    commit that is not known counts as changed, and only the newest commit of origin/main is deployed.
    """
    from fivetran_tools.deployment.changes import connector_changed, function_changed
    from fivetran_tools.printable import one_line
    from fivetran_tools.project import Project

    project = Project.here()
    if against == "merge-base":
        project.connector(name)
        change = connector_changed(project, name)
    else:
        from fivetran_tools.deployment.choosing import choose
        from fivetran_tools.deployment.ci_context import check_context
        from fivetran_tools.deployment.deploy_file import read_deployments

        deployments = read_deployments(project)
        deployment = choose(deployments, name)
        check_context(deployments, deployment)
        change = function_changed(project, deployment, announce=lambda text: click.echo(one_line(text), err=True))
    click.echo(one_line(change.reason))
    return DONE if change.changed else UNCHANGED
