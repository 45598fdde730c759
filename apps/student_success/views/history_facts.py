"""What is known of a report besides its text, in words for a person."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from cohort.filters import NONE, Filters
from insights.areas.catalog import BY_KEY
from insights.document import parsed, written
from insights.download import as_markdown
from insights.history.lines import to_line
from insights.report import Outcome, Report
from views import numbers

OUTCOMES: Final[dict[Outcome, str]] = {"finished": "Finished", "stopped": "Stopped", "failed": "Failed"}
PROVIDERS: Final = {"offline": "Offline analyst", "openai_compatible": "Model", "cortex": "Snowflake Cortex"}


def area(key: str) -> str:
    """Return a focus area's name; the key itself of one that there is no more."""
    known = BY_KEY.get(key)
    return known.title if known else key


def title(report: Report) -> str:
    """Return what tells one report from the others."""
    return f"{report.made_at:%Y-%m-%d %H:%M:%S} · {area(report.question.area)} · {provider(report)}"


def provider(report: Report) -> str:
    """Return who wrote it."""
    asked = report.question
    return PROVIDERS.get(asked.provider, asked.provider)


def whom(filters: Filters) -> str:
    """Return whom a report is about."""
    parts = [
        f"{label}: {', '.join('none' if value == NONE else value for value in values)}"
        for label, values in (
            ("major", filters.majors), ("standing", filters.standings), ("advisor", filters.advisors),
        )
        if values
    ]  # fmt: skip
    if filters.at_risk is not None:
        parts.append("at risk" if filters.at_risk else "not at risk")
    if filters.enrolled_from:
        parts.append(f"enrolled from {filters.enrolled_from:%Y-%m-%d}")
    if filters.enrolled_to:
        parts.append(f"enrolled to {filters.enrolled_to:%Y-%m-%d}")
    return "; ".join(parts) or "Everybody"


def line(report: Report) -> dict[str, str]:
    """Return what tells a report from the others at a glance, under the names that a person reads."""
    known = facts(report)
    names = ("Area", "Whom", "Outcome", "Written by", "Data", "Reason")
    return {"Made (UTC)": f"{report.made_at:%Y-%m-%d %H:%M}", **{name: known[name] for name in names}}


def facts(report: Report) -> dict[str, str]:
    """Return everything but the text, under the names that a person reads.

    What a report cost is its tokens: their price is between whoever runs the app and the provider.
    """
    asked = report.question
    known = {
        "Made": f"{report.made_at:%Y-%m-%d %H:%M:%S} UTC",
        "Outcome": OUTCOMES[report.outcome],
        "Area": area(asked.area),
        "Whom": whom(asked.filters),
        "Written by": provider(report),
        "Model": asked.model,
        "Data": report.snapshot,
        "Seconds": numbers.number(report.seconds, 1),
        "Tokens sent": numbers.count(report.prompt_tokens),
        "Tokens answered": numbers.count(report.answer_tokens),
        "Tokens a second": _speed(report),
        "Template": report.template,
        "Prompt": report.prompt_hash[:12],
        "Assumptions": asked.assumptions,
        "Reason": report.error or "",
    }
    return {name: value or numbers.NO_FIGURE for name, value in known.items()}


def _speed(report: Report) -> str:
    if not report.answer_tokens or report.seconds <= 0:
        return ""
    return numbers.number(report.answer_tokens / report.seconds, 1)


def as_file(report: Report) -> str:
    """Return a report as Markdown that is safe in any viewer: what it says, and nothing that loads or runs."""
    return as_markdown(replace(report, text=written(parsed(report.text))), area(report.question.area))


def as_lines(reports: Iterable[Report]) -> str:
    """Return reports as lines of JSON, each whole."""
    return "".join(f"{to_line(report)}\n" for report in reports)
