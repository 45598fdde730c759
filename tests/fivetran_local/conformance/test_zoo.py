"""Each of these functions, exactly these findings; of the good ones, none. Real processes, as in `./fivetran check`."""

from collections.abc import Iterator

import pytest

from fivetran_local.conformance import RULES, Verdict, judge
from tests.fivetran_local.conformance.table import BAD, GOOD, Row, everyday
from tests.fivetran_local.conformance.zoo import KEY, OTHER_KEY, evidence_about, listening_source
from tests.support.functions import FUNCTIONS

EVERYDAY = everyday()
UNMEASURED = {"cold-start", "memory"}


@pytest.fixture(scope="session")
def source() -> Iterator[str]:
    with listening_source() as url:
        yield url


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=row.function, marks=[pytest.mark.slow] * (row.function not in EVERYDAY))
        for row in (*GOOD, *BAD)
    ],
)
def test_this_function_exactly_these_findings(row: Row, source, tmp_path):
    evidence = evidence_about(row.function, source, tmp_path, **row.how)
    report = judge(evidence)
    verdicts = {judgement.rule.name: judgement.verdict for judgement in report.judgements}
    found = {name for name, verdict in verdicts.items() if verdict in (Verdict.FAILED, Verdict.WARNED)}
    assert found == set(row.breaks)
    not_run = {name for name, verdict in verdicts.items() if verdict is Verdict.NOT_RUN}
    assert not_run - UNMEASURED == set(row.not_run)
    for judgement in report.judgements:
        assert judgement.findings or judgement.reason or judgement.verdict is Verdict.PASSED
        for finding in judgement.findings:
            assert all((finding.where, finding.seen, finding.advice))
            assert not any(secret in str(finding) for secret in (*evidence.hidden, KEY, OTHER_KEY))


def test_every_rule_has_a_function_that_it_catches():
    assert {rule.name for rule in RULES} == {name for row in BAD for name in row.breaks}


def test_every_rule_but_the_slowest_is_tried_every_day():
    caught = {name for row in BAD if row.function in EVERYDAY for name in row.breaks}
    assert {rule.name for rule in RULES} - caught == {"cold-start"}
    assert len(EVERYDAY) < len((*GOOD, *BAD)) * 0.6


def test_every_rule_but_those_of_a_page_read_twice_catches_a_function_alone():
    alone = {row.breaks[0] for row in BAD if len(row.breaks) == 1}
    # Keys that differ from call to call are another answer to the same request, and a page that fails is no success.
    assert {rule.name for rule in RULES} - alone == {"page-twice", "answer-size", "call-time"}


def test_the_table_names_functions_that_are_there_each_once():
    names = [row.function for row in (*GOOD, *BAD)]
    assert len(names) == len(set(names))
    assert all((FUNCTIONS / name / "main.py").exists() for name in names)
    spoilt = {file.parent.name for file in FUNCTIONS.glob("*/main.py") if "from behaves." in file.read_text()}
    assert spoilt <= set(names)
