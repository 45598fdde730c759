"""The conformance suite: what a function has to keep, judged by exchanges with it.

Calling (`driver`) and judging (`rules`) are apart: rules are plain functions over exchanges, live or recorded.
"""

from fivetran_local.conformance.evidence import Evidence, Measures, evidence_of
from fivetran_local.conformance.report import Judgement, Report, Verdict, judge, rules_broken_by
from fivetran_local.conformance.rule import Rule
from fivetran_local.conformance.rules import NAMES, RULES

__all__ = [
    "NAMES",
    "RULES",
    "Evidence",
    "Judgement",
    "Measures",
    "Report",
    "Rule",
    "Verdict",
    "evidence_of",
    "judge",
    "rules_broken_by",
]
