"""What `check` shows: the occasion that is being tried, then a line for each rule and what was found under it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from fivetran_local.conformance import RULES, Judgement, Verdict
from fivetran_protocol import Severity
from fivetran_tools.checking.check import CheckReport

_COLOURS: Final = {
    Verdict.PASSED: "green",
    Verdict.WARNED: "yellow",
    Verdict.FAILED: "bold red",
    Verdict.WAIVED: "cyan",
    Verdict.NOT_RUN: "dim",
}
_WIDEST_RULE: Final = max(len(rule.name) for rule in RULES)


@contextmanager
def progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Show what is being tried, on a terminal; elsewhere nothing, since the report says it all."""
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda text: bar.update(task, description=text)


def show_report(console: Console, done: CheckReport) -> None:
    """Print a line for each rule, what was found under it, and the sum."""
    report = done.report
    for judgement in report.judgements:
        console.print(_line(judgement), soft_wrap=True)
        for finding in judgement.findings:
            where, seen, advice = map(_printable, (finding.where, finding.seen, finding.advice))
            console.print(Text.assemble((f"{'':9}{where}: ", "dim"), seen), soft_wrap=True)
            console.print(Text(f"{'':9}  {advice}", style="dim"), soft_wrap=True)
    for name in report.waivers_without_need:
        console.print(Text(f"{name} is waived and passes: take the waiver out"), style="yellow", soft_wrap=True)
    counts = [f"{count} {_plural(verdict, count)}" for verdict in Verdict if (count := report.count(verdict))]
    verdict = Text("passed", style="green") if report.passed else Text("failed", style="bold red")
    text = f" {done.subject}: {', '.join(counts)}; {report.calls} calls in {report.seconds:.1f} s"
    console.print(Text.assemble(verdict, text), soft_wrap=True)


def show_rules(console: Console) -> None:
    """Print every rule, what it says, and whether breaking it is an error or a warning."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("rule", "", "what has to hold"):
        table.add_column(heading)
    for rule in RULES:
        table.add_row(rule.name, "warning" if rule.severity is Severity.WARNING else "error", rule.says)
    console.print(table)


def _line(judgement: Judgement) -> Text:
    verdict, rule = judgement.verdict, judgement.rule
    said = f": {_printable(judgement.reason)}" if judgement.reason else ""
    name = f"{rule.name:{_WIDEST_RULE}}"
    return Text.assemble((f"{verdict.value:8}", _COLOURS[verdict]), f" {name}  ", (f"{rule.says}{said}", "dim"))


def _printable(text: str) -> str:
    """Return a text as one line that moves no cursor: a function's own words may stand in it."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def _plural(verdict: Verdict, count: int) -> str:
    return f"{verdict.value}s" if count > 1 and verdict in (Verdict.FAILED, Verdict.WARNED) else verdict.value
