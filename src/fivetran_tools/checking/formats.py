"""A check's report for machines: JSON, and JUnit's XML as CI systems read it."""

import json
from xml.etree import ElementTree as Xml

from fivetran_local.conformance import Judgement, Verdict
from fivetran_tools.checking.check import CheckReport
from fivetran_tools.printable import printable_lines


def as_json(done: CheckReport) -> str:
    """Return the report as one JSON object: subject, counts, and each rule with its verdict and findings."""
    report = done.report
    document = {
        "subject": done.subject,
        "build": done.build,
        "checked_at": done.checked_at.isoformat(timespec="seconds"),
        "calls": report.calls,
        "seconds": round(report.seconds, 3),
        "passed": report.passed,
        "counts": {verdict.value: report.count(verdict) for verdict in Verdict},
        "rules": [_rule(judgement) for judgement in report.judgements],
        "waivers_without_need": list(report.waivers_without_need),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_junit(done: CheckReport) -> str:
    """Return the report as a JUnit test suite: errors fail, rules waived or not run are skipped, warnings are said."""
    report = done.report
    skipped = report.count(Verdict.WAIVED) + report.count(Verdict.NOT_RUN)
    suite = Xml.Element(
        "testsuite",
        name=f"check {done.subject}",
        tests=str(len(report.judgements)),
        failures=str(report.count(Verdict.FAILED)),
        errors="0",
        skipped=str(skipped),
        time=f"{report.seconds:.3f}",
        timestamp=done.checked_at.isoformat(timespec="seconds"),
    )
    for judgement in report.judgements:
        case = Xml.SubElement(suite, "testcase", classname=f"check.{done.subject}", name=judgement.rule.name)
        text = "\n".join(map(str, judgement.findings))
        match judgement.verdict:
            case Verdict.FAILED:
                Xml.SubElement(
                    case, "failure", message=printable_lines(str(judgement.findings[0]))
                ).text = printable_lines(text)
            case Verdict.WAIVED | Verdict.NOT_RUN:
                reason = f"{judgement.verdict}: {judgement.reason}"
                Xml.SubElement(case, "skipped", message=printable_lines(reason)).text = printable_lines(text)
            case Verdict.WARNED:
                Xml.SubElement(case, "system-out").text = printable_lines(text)
    Xml.indent(suite)
    return Xml.tostring(suite, encoding="unicode", xml_declaration=True)


def _rule(judgement: Judgement) -> dict[str, object]:
    return {
        "rule": judgement.rule.name,
        "says": judgement.rule.says,
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "findings": [
            {"where": finding.where, "seen": finding.seen, "advice": finding.advice} for finding in judgement.findings
        ],
    }
