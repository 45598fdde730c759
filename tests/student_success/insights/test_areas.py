"""The figures of every area's steps, against the same numbers in plain Python over the rows."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from math import atanh, ceil, floor, sqrt, tanh
from pathlib import Path
from statistics import correlation, fmean, stdev
from typing import Any

import pytest

from cohort.cohort import Place, reading
from cohort.filters import EVERYBODY, Filters
from insights.answer import checked
from insights.areas.catalog import AREAS, BY_KEY
from insights.assumptions import Assumptions
from insights.figures import SMALLEST, Findings
from insights.prompt import built
from insights.providers.offline import OfflineAnalyst
from insights.workflow import StepDone, StepEvent, StepFailed, StepStarted, steps
from tests.student_success.insights.conftest import place_of
from tests.support.student_success import TYPES, filled, simulated

pytestmark = pytest.mark.slow

Row = dict[str, Any]
ASSUMED = Assumptions(tuition=9_000, cost=300, reach=0.4, effect=0.2)


@cache
def events(
    place: Place, area: str, filters: Filters = EVERYBODY, *, stopped: Callable[[], bool] = lambda: False
) -> list[StepEvent]:
    with reading(place) as cohort:
        return list(steps(BY_KEY[area], cohort, filters, ASSUMED, stopped))


def found(made: Iterable[StepEvent]) -> dict[str, Findings]:
    names: dict[int, str] = {}
    findings = {}
    for event in made:
        if isinstance(event, StepStarted):
            names[event.number] = event.step.name
        elif isinstance(event, StepDone):
            findings[names[event.number]] = event.findings
    return findings


def values(findings: Findings) -> dict[tuple[str, str | None], float]:
    return {(figure.label, figure.group.name if figure.group else None): figure.value for figure in findings.figures}


def quantile(numbers: Iterable[float], part: float) -> float:
    ordered = sorted(numbers)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def ranked(numbers: Iterable[float], part: float, per: int) -> float:
    """The smallest number, rounded, that so large a part does not pass."""
    ordered = sorted(floor(number * per + 0.5) for number in numbers)
    return ordered[ceil(part * len(ordered)) - 1] / per


def share(rows: Iterable[Row], true: Callable[[Row], bool] = lambda row: row["at_risk_flag"]) -> float:
    rows = list(rows)
    return sum(map(true, rows)) / len(rows)


def by(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def may_be_said(groups: dict[Any, list[Row]]) -> set[Any]:
    """The groups whose share at risk may be told: no count below 10 is in them, or is what they leave."""

    def counts(rows: Iterable[Row]) -> tuple[int, int]:
        flags = [row["at_risk_flag"] for row in rows]
        return flags.count(True), flags.count(False)

    told = {name for name, rows in groups.items() if not any(0 < count < 10 for count in counts(rows))}
    while told and any(
        0 < count < 10 for count in counts(row for name in groups.keys() - told for row in groups[name])
    ):
        told.remove(min(told, key=lambda name: (len(groups[name]), str(name))))
    return told


def test_overall_performance_says_how_they_do(simulated_place: Place, simulated_rows: list[Row]) -> None:
    rows, steps_ = simulated_rows, found(events(simulated_place, "overall_performance"))
    gpas = [row["current_gpa"] for row in rows]
    who, how = values(steps_["Who is there"]), values(steps_["How they do"])
    assert who[("Records", None)] == 600
    assert who[("Students", None)] == len({row["student_id"] for row in rows})
    assert who[("At risk", None)] == pytest.approx(share(rows))
    assert how[("Average GPA", None)] == pytest.approx(fmean(gpas))
    assert how[("GPA, median", None)] == pytest.approx(ranked(gpas, 0.5, 100))
    assert how[("GPA, lower quartile", None)] == pytest.approx(ranked(gpas, 0.25, 100))
    assert how[("GPA below 2.0", None)] == pytest.approx(sum(gpa < 2 for gpa in gpas) / 600)
    assert how[("Average completion rate", None)] == pytest.approx(fmean(row["course_completion_rate"] for row in rows))
    assert how[("Average engagement, of 100", None)] == pytest.approx(fmean(row["engagement_score"] for row in rows))

    standing = values(steps_["By standing"])
    by_standing = by(rows, lambda row: row["academic_standing"])
    for name, group in by_standing.items():
        assert standing[("Average GPA", name)] == pytest.approx(fmean(row["current_gpa"] for row in group))
        told = name in may_be_said(by_standing)
        assert standing.get(("At risk", name)) == (pytest.approx(share(group)) if told else None)
    assert 0 < len(may_be_said(by_standing)) < len(by_standing)

    years = values(steps_["By year of enrollment"])
    by_year = by(rows, lambda row: row["enrollment_date"][:4])
    for year, group in by_year.items():
        assert years[("At risk", year)] == pytest.approx(share(group))
        assert years[("Average completion rate", year)] == pytest.approx(
            fmean(row["course_completion_rate"] for row in group)
        )
    change = share(by_year[max(by_year)]) - share(by_year[min(by_year)])
    assert years[("At risk, change from the oldest year to the newest", None)] == pytest.approx(abs(change))
    assert f"the share at risk {'fell' if change < 0 else 'rose'} by" in steps_["By year of enrollment"].summary[0]

    goes_with = values(steps_["What goes with risk"])
    for label, name in (("GPA", "current_gpa"), ("Assignment score", "avg_assignment_score")):
        pairs = [(row[name], float(row["at_risk_flag"])) for row in rows if row[name] is not None]
        expected = correlation(*zip(*pairs, strict=True))
        assert goes_with[(f"Correlation of {label} with being at risk", None)] == pytest.approx(expected)

    odd = values(steps_["What stands out"])
    overall = share(rows)
    for (label, major), value in odd.items():
        if label.startswith("Distance"):
            group = [row for row in rows if (row["major_code"] or "none") == major]
            assert value == pytest.approx((share(group) - overall) / sqrt(overall * (1 - overall) / len(group)))


def test_optimization_says_where_the_same_work_does_most(simulated_place: Place, simulated_rows: list[Row]) -> None:
    rows, steps_ = simulated_rows, found(events(simulated_place, "optimization_opportunities"))
    completion, engagement = ([row[name] for row in rows] for name in ("course_completion_rate", "engagement_score"))
    lags = {
        str(major or "none"): (fmean(r["course_completion_rate"] for r in group) - fmean(completion))
        / stdev(completion)
        - (fmean(r["engagement_score"] for r in group) - fmean(engagement)) / stdev(engagement)
        for major, group in by(rows, lambda row: row["major_code"]).items()
    }
    behind = values(steps_["Completion behind engagement"])
    spread = sqrt(2 - 2 * correlation(completion, engagement))
    sizes = Counter(str(row["major_code"] or "none") for row in rows)
    worst = [major for major in sorted(lags, key=lambda major: lags[major]) if lags[major] < 0]
    for major in worst[:3]:
        far = lags[major] <= -2 * spread / sqrt(sizes[major])
        kept = behind.get(("Completion less engagement, in standard deviations", major))
        assert kept == (pytest.approx(lags[major]) if far else None)

    load = values(steps_["Advisors' load"])
    counts = Counter(row["advisor_id"] for row in rows if row["advisor_id"])
    assert load[("Advisors", None)] == len(counts)
    assert load[("Records of 100 advisors", None)] == pytest.approx(100 * fmean(counts.values()))
    assert load[("Records of an advisor, 90th percentile", None)] == pytest.approx(quantile(counts.values(), 0.9))
    assert load[("No advisor", None)] == sum(row["advisor_id"] is None for row in rows)

    majors = values(steps_["Majors with most at risk"])
    flagged = Counter(str(row["major_code"] or "none") for row in rows if row["at_risk_flag"])
    first, most = flagged.most_common(1)[0]
    assert majors[("Records at risk", first)] == most
    beyond = most - share(rows) * sizes[first]
    assert majors[("Records at risk beyond the average share", first)] == pytest.approx(beyond)
    assert values(steps_["What to take first"])[("Records at risk beyond the average share", first)] == pytest.approx(
        beyond
    )

    quarters = values(steps_["What engagement goes with"])
    bounds = [-1.0, *(ranked(engagement, part, 10) for part in (0.25, 0.5, 0.75)), 101.0]
    rates, quarters_ = [], {}
    for place, name in enumerate(("lowest", "second", "third", "highest")):
        group = [row for row in rows if bounds[place] <= row["engagement_score"] < bounds[place + 1]]
        rates.append(fmean(row["course_completion_rate"] for row in group))
        assert quarters[("Average completion rate", f"{name} quarter")] == pytest.approx(rates[-1])
        quarters_[f"{name} quarter"] = group
    for quarter, group in quarters_.items():
        told = quarter in may_be_said(quarters_)
        assert quarters.get(("At risk", quarter)) == (pytest.approx(share(group)) if told else None)
    rise = quarters[("Completion, change from the lowest quarter to the highest", None)]
    assert rise == pytest.approx(abs(rates[-1] - rates[0]))

    near = sum(row["at_risk_flag"] and row["current_gpa"] >= 2 and row["course_completion_rate"] >= 0.8 for row in rows)
    assert values(steps_["Who is close"])[("At risk, GPA 2.0 or more, completion 80 % or more", None)] == near


def test_financial_impact_says_what_is_at_stake_under_the_assumptions(
    simulated_place: Place, simulated_rows: list[Row]
) -> None:
    rows, steps_ = simulated_rows, found(events(simulated_place, "financial_impact"))
    amounts = [row["financial_aid_amount"] for row in rows if row["financial_aid_amount"] is not None]
    aided = [amount for amount in amounts if amount > 0]
    aid = values(steps_["How aid is spread"])
    assert aid[("With aid", None)] == pytest.approx(len(aided) / len(amounts))
    assert aid[("Aid, total", None)] == pytest.approx(sum(amounts))
    assert aid[("Aid, median of those with aid", None)] == pytest.approx(ranked(aided, 0.5, 1))

    pairs = [(r["financial_aid_amount"], r["current_gpa"]) for r in rows if r["financial_aid_amount"] is not None]
    r = correlation(*zip(*pairs, strict=True))
    half = 1.959964 / sqrt(len(pairs) - 3)
    grades = values(steps_["Aid and grades"])
    assert grades[("Correlation of aid and GPA", None)] == pytest.approx(r)
    assert grades[("The same, lower end of its 95 % interval", None)] == pytest.approx(tanh(atanh(r) - half))
    assert grades[("The same, upper end of its 95 % interval", None)] == pytest.approx(tanh(atanh(r) + half))

    bands = values(steps_["Risk by aid"])
    no, least, middle, most = (
        [row for row in rows if row["financial_aid_amount"] is not None and low <= row["financial_aid_amount"] < high]
        for low, high in ((0, 0.001), (0.001, 5_000), (5_000, 10_000), (15_000, 1e9))
    )
    assert len(no) + len(least) + len(middle) + len(most) < 600
    assert bands[("Records", "5,000 to 10,000 USD")] == len(middle)
    assert bands[("At risk", "5,000 to 10,000 USD")] == pytest.approx(share(middle))
    assert bands[("Records", "no aid")] == sum(row["financial_aid_amount"] == 0 for row in rows)

    students = len({row["student_id"] for row in rows if row["at_risk_flag"]})
    stake = values(steps_["What is at stake"])
    assert stake[("Net tuition of all students at risk", None)] == pytest.approx(students * 9_000)
    returns = values(steps_["What an intervention returns"])
    assert returns[("Cost of helping", None)] == pytest.approx(students * 0.4 * 300)
    assert returns[("Students kept", None)] == pytest.approx(students * 0.4 * 0.2)
    net = students * 0.4 * (0.2 * 9_000 - 300)
    assert returns[("Net tuition kept less cost", None)] == pytest.approx(net)
    even = values(steps_["Where it breaks even"])
    assert even[("Effect at which the cost is earned back", None)] == pytest.approx(300 / 9_000)


def test_without_assumptions_the_steps_that_need_them_say_so_and_the_rest_is_reported(simulated_place: Place) -> None:
    with reading(simulated_place) as cohort:
        made = list(steps(BY_KEY["financial_impact"], cohort, EVERYBODY, Assumptions(cost=300), lambda: False))
    reasons = {event.number: event.reason for event in made if isinstance(event, StepFailed)}
    assert reasons == dict.fromkeys((5, 6), "needs your assumptions: net tuition, reach, effect")
    stake = found(made)["What is at stake"]
    assert [figure.label for figure in stake.figures] == ["Students at risk"]
    assert stake.statements[1] == "What their staying is worth needs your assumption: net tuition."
    assert not any(figure.assumed for findings in found(made).values() for figure in findings.figures)


def test_strategic_recommendations_rest_on_figures(simulated_place: Place, simulated_rows: list[Row]) -> None:
    rows, steps_ = simulated_rows, found(events(simulated_place, "strategic_recommendations"))
    overall = share(rows)
    excess = {
        str(major or "none"): (share(group) - overall) * len(group)
        for major, group in by(rows, lambda row: row["major_code"]).items()
    }
    by_major = {str(major or "none"): group for major, group in by(rows, lambda row: row["major_code"]).items()}
    groups = values(steps_["Which groups first"])
    first = max(excess, key=lambda major: excess[major])
    assert groups[("Records at risk beyond the average share", first)] == pytest.approx(excess[first])
    rest = [row for major, group in by_major.items() if major != first for row in group]
    error = sqrt(overall * (1 - overall) * (1 / len(by_major[first]) + 1 / len(rest)))
    distance = (share(by_major[first]) - share(rest)) / error
    assert groups[("Above the rest, in standard errors", first)] == pytest.approx(distance)
    # A cohort of years ago, and a group that chance would have, are not recommended.
    assert all(value >= 2 for (label, _), value in groups.items() if label.startswith("Above the rest"))
    assert "2019" not in {name for _, name in groups}

    at_risk = [row for row in rows if row["at_risk_flag"]]
    others = [row for row in rows if not row["at_risk_flag"]]
    reached = values(steps_["Who is reached"])
    assert reached[("At risk, with an intervention", None)] == share(at_risk, lambda row: row["intervention_count"] > 0)
    assert reached[("Not at risk, with an intervention", None)] == pytest.approx(
        share(others, lambda row: row["intervention_count"] > 0)
    )

    def days(row: Row) -> int | None:
        if row["last_login_date"] is None:
            return None
        updated, login = (date.fromisoformat(row[name][:10]) for name in ("last_updated", "last_login_date"))
        return (updated - login).days

    timing = values(steps_["How early it shows"])
    bands = {
        "0 to 7 days": (0, 7),
        "8 to 14 days": (8, 14),
        "15 to 30 days": (15, 30),
        "more than 30 days": (31, 9_999),
    }
    away = {
        band: [row for row in rows if (gone := days(row)) is not None and least <= gone <= most]
        for band, (least, most) in bands.items()
    }
    away["unknown"] = [row for row in rows if (gone := days(row)) is None or gone < 0]
    for band, group in away.items():
        assert timing[("Records", band)] == len(group)
        told = band in may_be_said(away)
        assert timing.get(("At risk by absence", band)) == (pytest.approx(share(group)) if told else None)

    gaps = values(steps_["How good the data is"])
    assert gaps[("Major unknown", None)] == pytest.approx(share(rows, lambda row: row["major_code"] is None))
    longest = [band for band in bands if band in may_be_said(away)][-1]
    assert values(steps_["What to do"])[("At risk by absence", longest)] == pytest.approx(share(away[longest]))
    # Gaps under a twentieth are told, and nothing is recommended about them.
    assert not any("unknown" in label for label, _ in values(steps_["What to do"]))


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.key)
def test_every_step_shows_its_numbers_and_the_sql_behind_them(simulated_place: Place, area: Any) -> None:
    made = events(simulated_place, area.key)
    assert not [event for event in made if isinstance(event, StepFailed)]
    asked = set(area.queries(EVERYBODY))
    findings = found(made)
    assert list(findings) == [step.name for step in area.steps]
    assert 5 <= len(findings) <= 6
    for number, step in enumerate(findings.values(), start=1):
        assert step.figures
        assert all(figure.id.startswith(f"S{number}.") for figure in step.figures)
        assert all(sql.startswith(("SELECT", "WITH")) and '"hed"."hed_records"' in sql for sql in step.sql)
        assert all(re.search(r"\[S\d+\.\d+\]", said) or not re.search(r"\d", said) for said in step.statements)
    assert len({sql for step in findings.values() for sql in step.sql}) == len(asked)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.key)
@pytest.mark.parametrize(
    "filters",
    [
        EVERYBODY,
        Filters(
            majors=("CSCI", "MATH", "ARTH", "∅"), standings=("Good Standing", "Warning Status", "Academic Probation")
        ),
        Filters(at_risk=True),
    ],
    ids=["everybody", "some", "at risk"],
)
def test_every_number_of_the_offline_analyst_is_traced(simulated_place: Place, area: Any, filters: Filters) -> None:
    findings = found(events(simulated_place, area.key, filters))
    prompt = built(area, filters, findings, "600 records")
    answer = "".join(piece.text for piece in OfflineAnalyst().write(prompt, "templates", lambda: False))
    result = checked(answer, prompt)
    assert result.untraced == ()
    assert "not in the data" not in result.text
    assert result.numbers
    # Every source that the text names is listed, with the value that stands before it.
    listed = dict(
        re.findall(
            r"^- (S\d+\.\d+): (.*), (?:of [\d,]+ records|your assumption|follows from your assumptions)$",
            result.text,
            re.MULTILINE,
        )
    )
    for number, name in re.findall(
        r"([-$\d.,]+\d)(?: %| points)? \\\[(S\d+\.\d+)\]", result.text.split("## Sources")[0]
    ):
        assert number in listed[name].replace("\\", "")


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.key)
def test_the_filters_of_the_sidebar_apply(simulated_place: Place, simulated_rows: list[Row], area: Any) -> None:
    filters = Filters(majors=("CSCI",), advisors=("nobody",))
    assert not found(events(simulated_place, area.key, filters))
    for event in events(simulated_place, area.key, Filters(standings=("Good Standing",))):
        if isinstance(event, StepDone):
            most = sum(row["academic_standing"] == "Good Standing" for row in simulated_rows)
            assert all((figure.records or 0) <= most for figure in event.findings.figures)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.key)
@pytest.mark.parametrize(
    "what",
    ["nine", "no columns", *(pytest.param(w, marks=pytest.mark.slow) for w in ("nothing known", "all the same"))],
)
def test_too_little_to_speak_of_is_said_step_by_step(
    tmp_path: Path, simulated_rows: list[Row], area: Any, what: str
) -> None:
    types = TYPES
    if what == "nine":
        rows = simulated_rows[: SMALLEST - 1]
    elif what == "nothing known":
        rows = [{"student_id": row["student_id"], "record_id": row["record_id"]} for row in simulated_rows[:50]]
    elif what == "all the same":
        rows = [simulated_rows[0] | {"record_id": row["record_id"]} for row in simulated_rows[:50]]
    else:
        rows, types = simulated_rows[:50], {"student_id": "VARCHAR", "current_gpa": "DOUBLE"}
    made = events(place_of(filled(tmp_path / "w.db", rows, types)), area.key)
    ended = [event for event in made if not isinstance(event, StepStarted)]
    assert len(ended) == len(area.steps)
    failed = [event for event in ended if isinstance(event, StepFailed)]
    assert failed or what == "all the same"
    assert all(event.reason and "\n" not in event.reason for event in failed)
    for figure in (figure for findings in found(made).values() for figure in findings.figures):
        assert figure.records is None or figure.records >= SMALLEST
    if what == "no columns":
        assert any("the table has no" in event.reason for event in failed)


def test_whoever_has_no_flag_is_neither_at_risk_nor_not(tmp_path: Path, simulated_rows: list[Row]) -> None:
    rows = [
        row | {"at_risk_flag": [True, False, None][index % 3], "major_code": "ABCD"[index % 4]}
        for index, row in enumerate(simulated_rows)
    ]
    place = place_of(filled(tmp_path / "w.db", rows))
    overall = found(events(place, "overall_performance"))
    who = values(overall["Who is there"])
    assert who[("At risk", None)] == pytest.approx(0.5)
    assert who[("At-risk flag unknown", None)] == 200
    # The years and the flags take turns: two of six years have no flag at all, and no share.
    assert sum(label == "At risk" for label, _ in values(overall["By year of enrollment"])) == 4
    majors = values(found(events(place, "optimization_opportunities"))["Majors with most at risk"])
    assert majors[("At risk", "A")] == pytest.approx(0.5)
    assert values(found(events(place, "financial_impact"))["Risk by aid"])[("At risk", "no aid")] > 0.3


def test_a_stopped_workflow_ends_before_its_next_step(simulated_place: Place) -> None:
    asked = iter([False, False, True])
    made = events(simulated_place, "overall_performance", stopped=lambda: next(asked))
    assert [type(event) for event in made] == [StepStarted, StepDone, StepStarted, StepDone]


def _of_fewer(rows: list[Row], count: int) -> list[Row]:
    return rows[:count]


def _with_gaps(rows: list[Row], count: int) -> list[Row]:
    """Some of everything is unknown, in few records each."""
    names = (
        "major_code", "academic_standing", "enrollment_date", "at_risk_flag", "financial_aid_amount",
        "engagement_score", "last_login_date", "intervention_count",
    )  # fmt: skip
    return [
        row | {name: None for place, name in enumerate(names) if index % (29 + 7 * place) == place}
        for index, row in enumerate(rows[:count])
    ]


def _of_few_left(rows: list[Row], count: int) -> list[Row]:
    """Each count of those at risk is large, and what two of them leave is small."""
    at_risk = 0
    changed = []
    for row in rows[:count]:
        if row["at_risk_flag"]:
            at_risk += 1
            row = row | {  # noqa: PLW2901
                "advisor_id": None if at_risk <= 20 else "ADV_1",
                "intervention_count": None if at_risk <= 4 else 0 if at_risk <= 50 else 1,
                "current_gpa": 2.5 if at_risk <= 53 else 1.5,
                "course_completion_rate": 0.9,
            }
        else:
            row = row | {"advisor_id": None if len(changed) < 7 else row["advisor_id"] or "ADV_2"}  # noqa: PLW2901
        changed.append(row)
    return changed


@pytest.mark.parametrize(
    ("change", "count"),
    [(_of_few_left, 600), (_of_fewer, 600), (_with_gaps, 600), (_of_fewer, 250), (_with_gaps, 1_500)],
)
def test_no_count_below_ten_follows_from_all_reports_together(
    tmp_path: Path, change: Callable[[list[Row], int], list[Row]], count: int
) -> None:
    rows = change(simulated(count), count)
    place = place_of(filled(tmp_path / "w.db", rows))
    figures = [figure for area in AREAS for step in found(events(place, area.key)).values() for figure in step.figures]
    at_risk = sum(row["at_risk_flag"] is True for row in rows)
    others = sum(row["at_risk_flag"] is False for row in rows)

    told: dict[str, dict[str, tuple[int, int]]] = defaultdict(dict)
    for figure in figures:
        if figure.group and figure.label in ("At risk", "At risk by absence"):
            assert figure.records
            flagged = round(figure.value * figure.records)
            counts = (flagged, figure.records - flagged)
            assert told[figure.group.column].setdefault(figure.group.name, counts) == counts
    assert told
    for groups in told.values():
        for total, counts in zip((at_risk, others), zip(*groups.values(), strict=True), strict=True):
            assert not any(0 < number < SMALLEST for number in (*counts, total - sum(counts)))
    # Whatever else is computed from a group's share is told of no other group.
    for figure in figures:
        if figure.group and re.search(r"standard errors|beyond|Records at risk", figure.label):
            assert figure.group.name in told[figure.group.column]

    counted = {figure.label: round(figure.value) for figure in figures if figure.unit == "records" and not figure.group}
    reached = next((round(f.value * at_risk) for f in figures if f.label == "At risk, with an intervention"), None)
    untouched, near, both, unadvised, nobody = (
        counted.get(label)
        for label in (
            "At risk without an intervention", "At risk, GPA 2.0 or more, completion 80 % or more",
            "At risk, near, without an intervention", "At risk without an advisor", "No advisor",
        )
    )  # fmt: skip
    left = [None if part is None else at_risk - part for part in (reached, untouched, near, unadvised)]
    left += [None if None in (reached, untouched) else at_risk - (reached or 0) - (untouched or 0)]
    left += [None if None in (part, both) else (part or 0) - (both or 0) for part in (near, untouched)]
    left += [None if None in (nobody, unadvised) else (nobody or 0) - (unadvised or 0)]
    assert not any(0 < number < SMALLEST for number in left if number is not None)
