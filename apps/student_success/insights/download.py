"""A report as a Markdown file, with all that it was made of behind it."""

import re
from collections.abc import Iterable
from typing import Final

from insights.document import escaped
from insights.figures import Figure, of_all
from insights.heading import heading
from insights.prompt import FiguresPrompt
from insights.report import Report

_LIVELY: Final = re.compile(r"(?<!\\)(?=[$@])|(?<=www)(?=\.)|(?=://)", re.IGNORECASE)


def as_markdown(report: Report, title: str, prompt: FiguresPrompt | None = None) -> str:
    """Return the file's text.

    Args:
        report: What is downloaded.
        title: The focus area's.
        prompt: What it was made from, while that is still known: its figures, SQL and words become the appendix.
    """
    parts = [heading(report, title), _quiet(report.text.strip()) or "*No words came.*"]
    if report.error:
        parts.append(f"**It ended in an error:** {escaped(report.error)}")
    parts.append("# Appendix\n\n" + "\n".join(f"- {name}: {escaped(value)}" for name, value in _facts(report)))
    if prompt:
        findings = dict(prompt.findings)
        parts += ["## Figures\n\n" + _table(of_all(findings.values())), "## SQL"]
        for name, found in findings.items():
            parts += [f"### {name}", *(_code(_masked(sql, report), "sql") for sql in found.sql)]
        parts += ["## Prompt", _code(f"{prompt.rules}\n\n{prompt.question}", "text")]
    return "\n\n".join(parts) + "\n"


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    tokens = [report.prompt_tokens, report.answer_tokens]
    chosen = report.question.filters.to_address()
    if advisors := chosen.pop("advisor", []):
        chosen["advisors"] = [f"{len(advisors)} chosen"]
    return (
        ("Asked", f"{report.made_at:%Y-%m-%d %H:%M:%S} UTC"),
        ("Outcome", report.outcome),
        ("Data", report.snapshot or "none read"),
        ("Filters", "; ".join(f"{name} {', '.join(values)}" for name, values in chosen.items()) or "none"),
        ("Provider", report.question.provider),
        ("Model", report.question.model),
        ("Assumptions", report.question.assumptions or "none"),
        ("Template", report.template),
        ("Prompt, SHA-256", report.prompt_hash or "none"),
        ("Seconds", f"{report.seconds:.1f}"),
        ("Tokens of prompt and answer", " and ".join("not counted" if n is None else f"{n:,}" for n in tokens)),
    )


def _table(figures: Iterable[Figure]) -> str:
    rows = ["| Figure | What | Of | Value | Records |", "|---|---|---|---|---|"]
    for figure in figures:
        group = f"{figure.group.label}: {escaped(figure.group.name)}" if figure.group else "all"
        records = figure.behind if figure.assumed else f"{figure.records:,}"
        rows.append(f"| {figure.id} | {figure.label} | {group} | {figure.written} | {records} |")
    return "\n".join(rows)


def _quiet(text: str) -> str:
    """Return Markdown whose text has nothing in it that a viewer makes a link, a mention or a formula of by itself."""
    return _LIVELY.sub(r"\\", text)


def _masked(sql: str, report: Report) -> str:
    """Return SQL without the advisors that somebody chose."""
    for advisor in report.question.filters.advisors:
        sql = sql.replace(f"'{advisor.replace(chr(39), 2 * chr(39))}'", "'…'")
    return sql


def _code(text: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
