"""Overall performance: who is there, how they do, and what goes with being at risk."""

from math import sqrt
from typing import Final

from cohort.columns import label
from cohort.filters import Filters, asking
from insights.areas.groups import AS_NUMBER, FLAGGED, KNOWN, YEARS, by, group, named, quartiles, year
from insights.figures import Figure
from insights.workflow import Area, NotEnoughError, Step, Work, needed
from warehouse.query import Query

FIELDS: Final = (
    "current_gpa", "course_completion_rate", "engagement_score", "avg_assignment_score", "writing_quality_score",
    "assignment_submissions", "discussion_posts", "total_course_views", "financial_aid_amount",
)  # fmt: skip
"""Whose association with being at risk is looked at; what follows from the flag (standing, interventions) is not."""

FAR: Final = 2.0
"""Standard errors from which a group's share stands out; of twenty groups, one does by chance."""


def queries(filters: Filters) -> dict[str, Query]:
    """Return the area's queries by name."""
    everybody = filters.where()
    associations = ", ".join(
        f"corr({AS_NUMBER}, {name}) as r_{name},"
        f" sum(case when at_risk_flag is not null and {name} is not null then 1 else 0 end) as n_{name}"
        for name in FIELDS
    )
    return {
        "who": asking(
            f"select count(*) as records, count(distinct student_id) as students, {KNOWN} as known,"  # noqa: S608
            f" {FLAGGED} as flagged from records where {{where}}",
            everybody,
            ("student_id", "at_risk_flag"),
        ),
        "how": asking(
            "select count(current_gpa) as gpas, avg(current_gpa) as gpa,"
            " sum(case when current_gpa < 2.0 then 1 else 0 end) as below, count(course_completion_rate) as rates,"
            " avg(course_completion_rate) as completion, count(engagement_score) as scores,"
            " avg(engagement_score) as engagement from records where {where}",
            everybody,
            ("current_gpa", "course_completion_rate", "engagement_score"),
        ),
        "gpas": asking(quartiles("current_gpa", 100), everybody, ("current_gpa",)),
        "standing": by(
            filters,
            "academic_standing",
            "avg(current_gpa) as gpa, count(current_gpa) as gpas",
            "academic_standing",
            "current_gpa",
        ),
        "years": by(
            filters,
            "date_trunc('year', enrollment_date)",
            "avg(course_completion_rate) as completion, count(course_completion_rate) as rates",
            "enrollment_date",
            "course_completion_rate",
        ),
        "associations": asking(
            f"select {associations} from records where {{where}}",  # noqa: S608
            everybody,
            (*FIELDS, "at_risk_flag"),
        ),
        "majors": by(filters, "major_code", "", "major_code"),
        "odd": asking(
            "select sum(case when current_gpa < 2.0 and course_completion_rate >= 0.9 then 1 else 0 end) as finish,"  # noqa: S608
            " sum(case when at_risk_flag and current_gpa >= 3.0 then 1 else 0 end) as good, count(*) as records,"
            f" {FLAGGED} as flagged from records where {{where}}",
            everybody,
            ("current_gpa", "course_completion_rate", "at_risk_flag"),
        ),
    }


def _who(work: Work) -> None:
    row = work.row("who")
    records = work.figure("Records", row["records"], "records", row["records"])
    students = work.figure("Students", row["students"], "students", row["records"])
    if records is None:
        raise NotEnoughError(f"there are {row['records']} records: too few to speak of")
    work.say("There are {} of {}.", records, students)
    at_risk = row["flagged"] / row["known"] if row["known"] else None
    flagged = work.figure("Records at risk", row["flagged"], "records", row["known"])
    work.say(
        "{} of those whose flag is known are at risk: {}.",
        work.figure("At risk", at_risk, "share", row["known"]),
        flagged,
        summary=True,
    )
    unknown = row["records"] - row["known"]
    if unknown:
        work.say(
            "For {} nobody says whether they are.", work.figure("At-risk flag unknown", unknown, "records", unknown)
        )


def _how(work: Work) -> None:
    row, spread = work.row("how"), work.row("gpas")
    gpa = work.figure("Average GPA", row["gpa"], "number", row["gpas"])
    low = work.figure("GPA, lower quartile", spread["q1"], "number", row["gpas"])
    median = work.figure("GPA, median", spread["q2"], "number", row["gpas"])
    high = work.figure("GPA, upper quartile", spread["q3"], "number", row["gpas"])
    below = row["below"] / row["gpas"] if row["gpas"] else None
    work.say(
        "The average GPA is {}; half of the records lie between {} and {}, around a median of {}.",
        gpa,
        low,
        high,
        median,
        summary=True,
    )
    work.say("{} have a GPA below 2.0.", work.figure("GPA below 2.0", below, "share", row["gpas"]))
    work.say(
        "On average, {} of courses are completed.",
        work.figure("Average completion rate", row["completion"], "rate", row["rates"]),
    )
    work.say(
        "Average engagement is {} of 100.",
        work.figure("Average engagement, of 100", row["engagement"], "number", row["scores"]),
    )


def _standing(work: Work) -> None:
    shares = []
    for row in work.groups("standing", "standings"):
        standing = group("academic_standing", row)
        work.figure("Records", row["records"], "records", row["records"], standing)
        gpa = work.figure("Average GPA", row["gpa"], "number", row["gpas"], standing)
        share = work.figure("At risk", row["share"], "share", row["known"], standing)
        if share:
            work.say(f"{named(gpa)}: an average GPA of {{}}, {{}} at risk.", gpa, share)
        else:
            work.say(f"{named(gpa)}: an average GPA of {{}}; the share at risk cannot be shown.", gpa)
        shares += [share] if share else []
    if len(shares) > 1:
        spread = max(shares, key=_value).value - min(shares, key=_value).value
        work.say(
            "The standing with most at risk has {} more than the one with fewest.",
            work.figure(
                "At risk, spread over standings", spread, "points", sum(share.records or 0 for share in shares)
            ),
        )


def _years(work: Work) -> None:
    rows = sorted(work.groups("years", YEARS), key=lambda row: str(row["word"]))
    shares = []
    for row in rows:
        completion = work.figure("Average completion rate", row["completion"], "rate", row["rates"], year(row))
        share = work.figure("At risk", row["share"], "share", row["known"], year(row))
        enrolled = "Without a date of enrollment" if row["word"] is None else f"Enrolled in {named(completion)}"
        if share:
            work.say(f"{enrolled}: {{}} of courses completed, {{}} at risk.", completion, share)
        else:
            work.say(f"{enrolled}: {{}} of courses completed; the share at risk cannot be shown.", completion)
        shares += [share] if share and row["word"] is not None else []
    if len(shares) > 1:
        first, last = shares[0], shares[-1]
        change = last.value - first.value
        behind = (first.records or 0) + (last.records or 0)
        work.say(
            f"From {named(first)} to {named(last)}, the share at risk {'fell' if change < 0 else 'rose'} by {{}}.",
            work.figure("At risk, change from the oldest year to the newest", abs(change), "points", behind),
            summary=True,
        )


def _associations(work: Work) -> None:
    row = work.row("associations")
    made = []
    for name in FIELDS:
        figure = work.figure(
            f"Correlation of {label(name)} with being at risk", row[f"r_{name}"], "correlation", row[f"n_{name}"]
        )
        made += [(label(name), figure)] if figure else []
    if not made:
        raise NotEnoughError("no field varies together with being at risk")
    made.sort(key=lambda item: -abs(item[1].value))
    for name, figure in made[:3]:
        way = "less" if figure.value < 0 else "more"
        work.say(f"The higher “{name}”, the {way} often at risk: a correlation of {{}}.", figure)
    work.say("A correlation says what goes together, not what causes it.")


def _unusual(work: Work) -> None:
    overall = next((figure for figure in needed(work.earlier, WHO) if figure.label == "At risk"), None)
    far = []
    majors = work.groups("majors", "majors") if overall else ()
    for row in majors:
        error = sqrt(overall.value * (1 - overall.value) / row["known"]) if overall and row["known"] else 0.0
        if overall and error and row["share"] is not None:
            far.append(((row["share"] - overall.value) / error, row))
    far.sort(key=lambda item: -abs(item[0]))
    outside = [(distance, row) for distance, row in far if abs(distance) >= FAR]
    for distance, row in outside[:3]:
        share = work.figure("At risk", row["share"], "share", row["known"], group("major_code", row))
        errors = work.figure(
            "Distance from all records, in standard errors", distance, "number", row["known"], group("major_code", row)
        )
        work.say(
            f"Major {named(share)} stands out: {{}} at risk, {{}} standard errors from all records.", share, errors
        )
    if majors and all(row["share"] is None for row in majors):
        work.say("Too few are at risk in any one major to compare majors.")
    if far and not outside:
        work.say("No major's share at risk is further from that of all records than chance alone would have it.")
    row = work.row("odd")
    finish = work.figure("GPA below 2.0, completion 90 % or more", row["finish"], "records", row["records"])
    good = work.figure("At risk with a GPA of 3.0 or more", row["good"], "records", row["flagged"])
    work.say("{} finish their courses and yet have a GPA below 2.0.", finish)
    work.say("{} are at risk with a GPA of 3.0 or more.", good)


def _value(figure: Figure) -> float:
    return figure.value


WHO: Final = "Who is there"

AREA: Final = Area(
    "overall_performance",
    "Overall Performance",
    "How do these students do, whom does it concern, and what stands out?",
    queries,
    (
        Step(WHO, "how many records and students, and how many are at risk", _who),
        Step("How they do", "GPA, completion and engagement, and how GPA spreads", _how),
        Step("By standing", "GPA and risk in each academic standing", _standing),
        Step("By year of enrollment", "completion and risk, from the oldest year to the newest", _years),
        Step("What goes with risk", "which fields vary together with being at risk", _associations),
        Step("What stands out", "majors far from the average, and records that contradict themselves", _unusual),
    ),
)
