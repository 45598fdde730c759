"""A report as a Markdown file, with all that it was made of behind it."""

import re
from collections.abc import Iterable

from insights.document import escaped
from insights.figures import Figure, of_all
from insights.prompt import FiguresPrompt
from insights.report import Report


def as_markdown(report: Report, title: str, prompt: FiguresPrompt | None = None) -> str:
    """Return the file's text.

    Args:
        report: What is downloaded.
        title: The focus area's.
        prompt: What it was made from, while that is still known: its figures, SQL and words become the appendix.
    """
    parts = [f"# {title}\n", report.text.strip() or "*No words came.*"]
    if report.error:
        parts.append(f"**It ended in an error:** {escaped(report.error)}")
    parts.append("# Appendix\n\n" + "\n".join(f"- {name}: {escaped(value)}" for name, value in _facts(report)))
    if prompt:
        findings = dict(prompt.findings)
        parts += ["## Figures\n\n" + _table(of_all(findings.values())), "## SQL"]
        for name, found in findings.items():
            parts += [f"### {name}", *(_code(sql, "sql") for sql in found.sql)]
        parts += ["## Prompt", _code(f"{prompt.rules}\n\n{prompt.question}", "text")]
    return "\n\n".join(parts) + "\n"


def _facts(report: Report) -> Iterable[tuple[str, str]]:
    tokens = [report.prompt_tokens, report.answer_tokens]
    chosen = report.question.filters.to_address()
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
        records = "assumed" if figure.records is None else f"{figure.records:,}"
        rows.append(f"| {figure.id} | {figure.label} | {group} | {figure.written} | {records} |")
    return "\n".join(rows)


def _code(text: str, language: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text}\n{fence}"
