"""Judging the evidence, rule by rule."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from fivetran_local.conformance.evidence import Evidence, evidence_of
from fivetran_local.conformance.rule import CannotRunError, Rule
from fivetran_local.conformance.rules import RULES
from fivetran_local.exchanges import Exchange
from fivetran_protocol import Finding, Redactor, Severity

_LONGEST_TEXT: Final = 500


class Verdict(StrEnum):
    """What came of one rule."""

    PASSED = "passed"
    WARNED = "warning"
    FAILED = "error"
    WAIVED = "waived"
    NOT_RUN = "not run"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One rule's verdict, with what led to it."""

    rule: Rule
    verdict: Verdict
    findings: tuple[Finding, ...] = ()
    """Each kind once, where it was first seen."""
    reason: str = ""
    """Why the rule was waived, or not run."""


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement of every rule that was asked for."""

    judgements: tuple[Judgement, ...]
    calls: int = 0
    seconds: float = 0.0
    waivers_without_need: tuple[str, ...] = field(default=())
    """Rules that are waived and pass: the reason no longer holds."""

    def count(self, verdict: Verdict) -> int:
        """Return how many rules have a verdict."""
        return sum(judgement.verdict is verdict for judgement in self.judgements)

    @property
    def passed(self) -> bool:
        """Whether no rule found an error."""
        return self.count(Verdict.FAILED) == 0


def judge(evidence: Evidence, *, rules: Collection[str] = (), waivers: Mapping[str, str] | None = None) -> Report:
    """Judge the evidence.

    Args:
        evidence: What was seen.
        rules: The names of those to judge; all where none are given.
        waivers: The reason for each rule whose findings are accepted.
    """
    waived = waivers or {}
    judgements = tuple(
        _judge(rule, evidence, waived.get(rule.name)) for rule in RULES if not rules or rule.name in rules
    )
    idle = tuple(
        judgement.rule.name
        for judgement in judgements
        if judgement.rule.name in waived and judgement.verdict is Verdict.PASSED
    )
    return Report(judgements, len(evidence.exchanges), waivers_without_need=idle)


def rules_broken_by(exchanges: Iterable[Exchange], *, masked: bool = False) -> list[Finding]:
    """Return what in some exchanges breaks a rule that can be judged by them alone, errors before warnings.

    Args:
        exchanges: What was recorded, in order.
        masked: Whether each mask in it stands for a secret, which is then found where it ought not to be.
    """
    judgements = judge(evidence_of(exchanges, masked=masked)).judgements
    return [
        finding
        for verdict in (Verdict.FAILED, Verdict.WARNED)
        for judgement in judgements
        if judgement.verdict is verdict
        for finding in judgement.findings
    ]


def _judge(rule: Rule, evidence: Evidence, waiver: str | None) -> Judgement:
    for scenario in rule.needs:
        if scenario in evidence.gaps:
            return Judgement(rule, Verdict.NOT_RUN, reason=evidence.gaps[scenario])
    found: list[Finding] = []
    reason = ""
    try:
        found.extend(rule.check(evidence))
    except CannotRunError as error:
        reason = str(error)
    findings = _once_each(rule, found, Redactor(evidence.hidden))
    if not findings:
        return Judgement(rule, Verdict.NOT_RUN if reason else Verdict.PASSED, reason=reason)
    if waiver is not None:
        return Judgement(rule, Verdict.WAIVED, findings, waiver)
    return Judgement(rule, Verdict.FAILED if rule.severity is Severity.REFUSED else Verdict.WARNED, findings)


def _once_each(rule: Rule, findings: Iterable[Finding], redact: Redactor) -> tuple[Finding, ...]:
    """Return each kind of finding once, where it was first seen, with how often it was seen again.

    A function's own words may stand in it, and secrets in those.
    """
    kinds: dict[str, list[Finding]] = {}
    for found in findings:
        seen = redact(found.seen)
        seen = seen if len(seen) <= _LONGEST_TEXT else f"{seen[:_LONGEST_TEXT]}…"
        shown = replace(found, seen=seen, where=redact(found.where))
        kinds.setdefault(shown.seen, []).append(shown)
    return tuple(
        replace(same[0], rule=rule.name, severity=rule.severity, where=f"{same[0].where}{_and_more(len(same) - 1)}")
        for same in kinds.values()
    )


def _and_more(count: int) -> str:
    return f" and {count} more" if count else ""
