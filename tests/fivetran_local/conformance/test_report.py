"""Verdicts: what is waived is shown with its reason, and what cannot be judged is never passed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.conformance import NAMES, RULES, Evidence, Verdict, evidence_of, judge
from fivetran_local.conformance.scenarios import Scenario
from fivetran_protocol import Severity
from tests.fivetran_local.conformance.synthetic import document, exchange

SPELT = exchange({**document(1), "has_more": True})
"""Breaks `field-names`."""
GAPS = dict.fromkeys((scenario for scenario in Scenario if scenario is not Scenario.SYNC), "it was not tried")


def evidence(*exchanges, **more):
    return Evidence(exchanges, **{"gaps": GAPS, **more})


def verdicts(report):
    return {judgement.rule.name: judgement.verdict for judgement in report.judgements}


def of(report, name):
    (judgement,) = (judgement for judgement in report.judgements if judgement.rule.name == name)
    return judgement


def test_an_error_fails_and_a_warning_does_not():
    assert not judge(evidence(SPELT)).passed
    warned = judge(evidence(exchange({**document(), "insert": {"t": [{"id": 1}]}})))
    assert verdicts(warned)["keyless-tables"] is Verdict.WARNED
    assert warned.passed


def test_a_waived_rule_shows_its_findings_and_its_reason():
    report = judge(evidence(SPELT), waivers={"field-names": "an old proxy reads it"})
    judgement = of(report, "field-names")
    assert (judgement.verdict, judgement.reason) == (Verdict.WAIVED, "an old proxy reads it")
    assert "has_more" in judgement.findings[0].seen
    assert report.passed
    assert report.waivers_without_need == ()


def test_a_waiver_without_need_is_named_and_one_of_a_rule_that_did_not_run_is_not():
    report = judge(evidence(exchange()), waivers={"field-names": "why not", "resumes": "no", "has-more": "no"})
    assert report.waivers_without_need == ("has-more", "field-names")


def test_rules_can_be_chosen():
    report = judge(evidence(SPELT), rules=("has-more", "resumes"))
    assert verdicts(report) == {"has-more": Verdict.PASSED, "resumes": Verdict.NOT_RUN}
    assert report.passed


@given(st.sets(st.sampled_from(Scenario)))
def test_a_rule_whose_occasion_was_not_played_is_not_run_and_says_why(missing):
    report = judge(evidence(exchange(), gaps={scenario: f"no {scenario}" for scenario in missing}))
    for judgement in report.judgements:
        if missing & set(judgement.rule.needs):
            assert judgement.verdict is Verdict.NOT_RUN
            assert judgement.reason in {f"no {scenario}" for scenario in judgement.rule.needs}
    assert sum(report.count(verdict) for verdict in Verdict) == len(RULES)


def test_of_nothing_no_rule_passes_but_those_that_ask_for_no_call():
    report = judge(evidence_of([]))
    passed = {name for name, verdict in verdicts(report).items() if verdict is Verdict.PASSED}
    assert passed <= {"sync-succeeds", "answer-size", "answer-size-near", "call-time"}


def test_what_cannot_be_measured_is_not_run():
    report = judge(evidence(exchange()))
    assert of(report, "cold-start").reason == "the function's process was not started here"
    assert of(report, "memory").reason == "the memory of the function's process cannot be read"
    assert of(report, "secrets-in-logs").reason == "the function's log cannot be read from here"
    assert of(report, "secrets-in-answers").reason == "there is no secret in the configuration to look for"


def test_what_was_found_before_a_rule_could_not_go_on_stands():
    refused = exchange({**document(), "insert": {}, "schema": None, "delete": {"t": [{"id": 1}]}})
    report = judge(evidence(refused))
    assert of(report, "delete-has-key").verdict is Verdict.FAILED
    assert of(report, "one-type").verdict is Verdict.NOT_RUN


def test_a_finding_of_a_kind_is_told_once_with_how_often():
    many = [exchange({**document(number), "has_more": True}, number=number) for number in (1, 2, 3)]
    (finding,) = of(judge(evidence(*many)), "field-names").findings
    assert finding.where == "call 1 (sync) and 2 more"
    assert (finding.rule, finding.severity) == ("field-names", Severity.REFUSED)


def test_no_secret_is_in_what_is_told_even_if_the_function_told_it():
    secret = "key-0123456789"
    told = exchange({"errorMessage": f"{'x' * 490} refused {secret}"}, status=401)
    (finding,) = of(judge(evidence(told, hidden=[secret])), "sync-succeeds").findings
    assert "key-" not in finding.seen
    assert len(finding.seen) < 600


def test_a_functions_long_words_are_cut():
    told = exchange({"errorMessage": "x" * 100_000}, status=500)
    (finding,) = of(judge(evidence(told)), "sync-succeeds").findings
    assert finding.seen.endswith("x…")
    assert len(finding.seen) < 600


def test_the_names_are_apart_and_told_in_one_form():
    assert len(set(NAMES)) == len(RULES)
    assert all(name == name.lower() and " " not in name for name in NAMES)


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_a_rule_says_something_and_looks_at_anything(rule):
    assert rule.says
    odd = [
        exchange(b"", status=None, failure="nothing answers"), exchange(b"<html>"), exchange([1]), exchange(b"null"),
        exchange({"insert": {"t": [1]}, "delete": [], "state": 3}), exchange({"errorMessage": "no"}), exchange(b"NaN"),
        exchange(b"[" * 5000), exchange(b'{"a":' * 1010 + b"1" + b"}" * 1010),
    ]  # fmt: skip
    for one in odd:
        for scenario in Scenario:
            both = [one, exchange(one.content, number=2, scenario=scenario, status=one.status, about=1)]
            judge(Evidence(both, hidden=["a-secret"], log_is_readable=True), rules=[rule.name])
