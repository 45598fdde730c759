"""The report for machines: JSON and JUnit, whatever words a function puts into it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from fivetran_local.conformance import RULES, Judgement, Report, Verdict
from fivetran_protocol import Finding
from fivetran_tools.checking.check import CheckReport
from fivetran_tools.checking.formats import as_json, as_junit
from fivetran_tools.checking.terminal import progress, show_report, show_rules

HOSTILE = "]]></failure>&\x00\x1b[2J\ud7ff\x85\N{RIGHT-TO-LEFT OVERRIDE}\r\n<b>[bold]"


def done(said="seen", reason="why"):
    verdicts = [Verdict.PASSED, Verdict.WARNED, Verdict.FAILED, Verdict.WAIVED, Verdict.NOT_RUN]
    judgements = tuple(
        Judgement(
            rule,
            verdict,
            (Finding(rule.name, said, "advice", "call 1"),)
            if verdict in (Verdict.WARNED, Verdict.FAILED, Verdict.WAIVED)
            else (),
            reason if verdict in (Verdict.WAIVED, Verdict.NOT_RUN) else "",
        )
        for rule, verdict in zip(RULES, verdicts, strict=False)
    )
    report = Report(judgements, 7, 1.5, ("ends",))
    return CheckReport("a <connector>", "BUILD", report, datetime(2026, 1, 2, tzinfo=UTC))


def shown(report):
    console = Console(width=80, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    with console.file:
        show_report(console, report)
    return console.export_text()


def test_json_holds_every_rule_with_its_verdict():
    document = json.loads(as_json(done()))
    assert document["counts"] == {"passed": 1, "warning": 1, "error": 1, "waived": 1, "not run": 1}
    assert document["passed"] is False
    assert (document["subject"], document["build"], document["calls"]) == ("a <connector>", "BUILD", 7)
    assert document["checked_at"] == "2026-01-02T00:00:00+00:00"
    assert document["waivers_without_need"] == ["ends"]
    failed = document["rules"][2]
    assert failed["findings"] == [{"where": "call 1", "seen": "seen", "advice": "advice"}]
    assert [rule["reason"] for rule in document["rules"]] == ["", "", "", "why", "why"]


def test_junit_counts_what_failed_and_what_was_skipped():
    suite = ElementTree.fromstring(as_junit(done()))
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5", "failures": "1", "errors": "0", "skipped": "2",
    }  # fmt: skip
    assert [[child.tag for child in case] for case in suite] == [
        [],
        ["system-out"],
        ["failure"],
        ["skipped"],
        ["skipped"],
    ]
    assert suite[2][0].get("message") == "call 1: seen: advice"
    assert [case[0].get("message") for case in suite[3:]] == ["waived: why", "not run: why"]


@given(st.text())
def test_any_words_are_well_formed(said):
    suite = ElementTree.fromstring(as_junit(done(said, said)).encode())
    assert suite.get("failures") == "1"


def test_hostile_words_stay_words():
    report = done(HOSTILE, HOSTILE)
    suite = ElementTree.fromstring(as_junit(report).encode())
    assert len(suite.findall("testcase")) == 5
    assert suite[2][0].text.startswith("call 1: ]]></failure>&")
    assert json.loads(as_json(report))["rules"][2]["findings"][0]["seen"] == HOSTILE
    text = shown(report)
    assert not set(text) & set("\x00\x1b\x85\r\N{RIGHT-TO-LEFT OVERRIDE}")
    assert "<b>[bold]" in text
    assert len(text.splitlines()) == 5 + 2 * 3 + 2


def test_the_terminal_shows_each_rule_each_finding_and_the_sum():
    lines = shown(done()).splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")][:5] == [
        "passed", "waived", "not", "warning", "error",
    ]  # fmt: skip
    assert lines[0].split() == ["passed", RULES[0].name, *RULES[0].says.split()]
    error = next(number for number, line in enumerate(lines) if line.startswith("error"))
    assert lines[error + 1].strip() == "call 1: seen"
    assert lines[error + 2].strip() == "advice"
    assert any(line.endswith(": why") for line in lines)
    assert lines[-2] == "ends is waived and passes: take the waiver out"
    assert lines[-1] == "failed a <connector>: 1 passed, 1 warning, 1 error, 1 waived, 1 not run; 7 calls in 1.5 s"


def test_many_rules_that_are_not_run_for_one_reason_are_one_line():
    report = done()
    judgements = tuple(Judgement(rule, Verdict.NOT_RUN, reason="nobody was there") for rule in RULES[:6])
    lines = shown(replace(report, report=replace(report.report, judgements=judgements))).splitlines()
    assert lines[0] == "not run  6 rules: nobody was there"
    assert len(lines) == 3


def test_the_list_of_rules_names_them_all_and_what_breaking_one_is():
    console = Console(width=200, record=True, quiet=False)
    with console.capture() as captured:
        show_rules(console)
    lines = captured.get().splitlines()
    for rule in RULES:
        (line,) = (line for line in lines if line.split()[:1] == [rule.name])
        assert rule.says in line
        assert line.split()[1] in ("error", "warning")
    assert sum(" warning " in line for line in lines) == 7


def test_progress_is_shown_on_terminals_only():
    with progress(Console(force_terminal=False)) as watch, Console(force_terminal=False).capture() as captured:
        watch("sync, call 1")
    assert captured.get() == ""
