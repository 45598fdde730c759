"""What `check` shows: the occasion that is being tried, then a line for each rule and what was found under it."""

from collections import Counter
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
from fivetran_tools.printable import one_line

_COLOURS: Final = {
    Verdict.PASSED: "green",
    Verdict.WARNED: "yellow",
    Verdict.FAILED: "bold red",
    Verdict.WAIVED: "cyan",
    Verdict.NOT_RUN: "dim",
}
_ORDER: Final = (Verdict.PASSED, Verdict.WAIVED, Verdict.NOT_RUN, Verdict.WARNED, Verdict.FAILED)
"""What has to be read comes last, above the sum."""
_LISTED: Final = 4
"""More rules than these that are not run for one reason are one line."""
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
    many = {
        reason for reason, count in Counter(map(_why_not_run, report.judgements)).items() if reason and count > _LISTED
    }
    for reason in many:
        rules = [judgement.rule.name for judgement in report.judgements if _why_not_run(judgement) == reason]
        text = f"not run  {len(rules)} rules: {one_line(reason)}"
        console.print(Text(text, style=_COLOURS[Verdict.NOT_RUN]), soft_wrap=True)
    for judgement in sorted(report.judgements, key=lambda judgement: _ORDER.index(judgement.verdict)):
        if _why_not_run(judgement) in many:
            continue
        console.print(_line(judgement), soft_wrap=True)
        for finding in judgement.findings:
            where, seen, advice = map(one_line, (finding.where, finding.seen, finding.advice))
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
    said = f": {one_line(judgement.reason)}" if judgement.reason else ""
    name = f"{rule.name:{_WIDEST_RULE}}"
    return Text.assemble((f"{verdict.value:8}", _COLOURS[verdict]), f" {name}  ", (f"{rule.says}{said}", "dim"))


def _why_not_run(judgement: Judgement) -> str:
    return judgement.reason if judgement.verdict is Verdict.NOT_RUN else ""


def _plural(verdict: Verdict, count: int) -> str:
    return f"{verdict.value}s" if count > 1 and verdict in (Verdict.FAILED, Verdict.WARNED) else verdict.value
