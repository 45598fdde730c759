"""What `deploy` shows: tree and command before, what to paste where afterwards, and the table of what runs."""

import shlex
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from fivetran_tools.deployment.deploy import Deployed
from fivetran_tools.deployment.handover import Handover
from fivetran_tools.deployment.plan import Plan
from fivetran_tools.deployment.status import Status
from fivetran_tools.printable import one_line, printable

_SHORT_COMMIT = 12


def show_plan(console: Console, plan: Plan) -> None:
    """Print the files that would be uploaded, and the command, fit to be copied into a shell."""
    console.print(_text(f"{plan.staged.build}, staged in {plan.staged.folder}:"), soft_wrap=True)
    console.print(_tree(plan.staged.files))
    console.print()
    console.print(_text(shlex.join(plan.command)), soft_wrap=True)
    if plan.deployment.unauthenticated_reason:
        text = printable(f"anybody may call it, as deploy.yaml says: {plan.deployment.unauthenticated_reason}")
        console.print(Text.assemble(("warning: ", "yellow"), text), soft_wrap=True)


def show_hindrances(console: Console, plan: Plan) -> None:
    """Print why a real deploy would be refused, after a dry run."""
    for hindrance in plan.hindrances:
        console.print(Text.assemble(("a real deploy is refused: ", "yellow"), hindrance), soft_wrap=True)


def show_deployed(console: Console, deployed: Deployed, form: Handover, *, lets_fivetran_in: bool) -> None:
    """Print that it runs, what to paste where in Fivetran's form, and what to do next."""
    plan, function = deployed.plan, deployed.plan.deployment.function
    console.print()
    commit, version = _short(plan.commit), plan.staged.version
    text = one_line(f"commit {commit}, version {version}; {deployed.smoke.text}")
    console.print(Text.assemble((f"{function} is deployed:", "green"), " ", text), soft_wrap=True)
    table = Table(title="Fivetran's form", title_justify="left", box=SIMPLE_HEAD, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(overflow="fold")
    table.add_row("destination schema", _text(form.destination_schema))
    table.add_row("trigger URL", _text(form.trigger_url))
    table.add_row("secrets", _text(", ".join(form.secrets) or "none"))
    if form.from_secret_manager:
        table.add_row("not in the form", Text(f"{', '.join(form.from_secret_manager)}: from Secret Manager"))
    console.print(table)
    if lets_fivetran_in:
        following = "next: press Save & Test in the form (docs/operations.md walks through it)"
    else:
        following = f"next: let Fivetran call it, with `./fivetran deploy {function} --fivetran-group GROUP_ID`"
    console.print(Text(following), soft_wrap=True)


def show_statuses(console: Console, found: Sequence[Status]) -> None:
    """Print what is committed, and below it one row for each function."""
    if not found:
        console.print("deploy.yaml has no functions")
        return
    committed = _short(found[0].committed) or "nothing"
    table = Table(title=f"committed: {committed}", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("function", "environment", "region", "runs", "state"):
        table.add_column(name, no_wrap=True)
    table.add_column()
    for one in found:
        runs = f"{_short(one.deployed_commit)} ({one.deployed_version})" if one.deployed_commit else "-"
        cells = (one.function, one.environment, one.region, runs, one.state or "-")
        table.add_row(*map(_text, cells), _text(one.verdict))
    console.print(table)


def _tree(files: Sequence[str]) -> Tree:
    root = Tree("", guide_style="dim", hide_root=True)
    folders: dict[tuple[str, ...], Tree] = {(): root}
    for file in files:
        *path, name = file.split("/")
        for depth in range(1, len(path) + 1):
            parent = folders[tuple(path[: depth - 1])]
            if tuple(path[:depth]) not in folders:
                folders[tuple(path[:depth])] = parent.add(_text(f"{path[depth - 1]}/"))
        folders[tuple(path)].add(_text(name))
    return root


def _text(text: str) -> Text:
    """Return what others named or said: gcloud, the function, whoever wrote a file's name."""
    return Text(printable(text))


def _short(commit: str) -> str:
    head, hyphen, rest = commit.partition("-")
    return f"{head[:_SHORT_COMMIT]}{hyphen}{rest}"
