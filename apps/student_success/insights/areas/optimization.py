"""Optimization opportunities: where effort, load and results do not match, and who is close."""

from math import sqrt
from typing import Final

from cohort.filters import Filters, asking
from insights.areas.groups import FLAGGED, KNOWN, SHARE, by, group, named, quartiles
from insights.figures import SMALLEST, Group
from insights.suppression import may_be_told
from insights.workflow import Area, NotEnoughError, Step, Work, needed
from warehouse.query import Query, Row

QUARTERS: Final = ("lowest quarter", "second quarter", "third quarter", "highest quarter", "unknown")


def queries(filters: Filters) -> dict[str, Query]:
    """Return the area's queries by name."""
    everybody = filters.where()
    return {
        "all": asking(
            "select count(*) as records, avg(course_completion_rate) as completion,"  # noqa: S608
            " corr(course_completion_rate, engagement_score) as r,"
            " stddev_samp(course_completion_rate) as completion_sd, avg(engagement_score) as engagement,"
            f" stddev_samp(engagement_score) as engagement_sd, {SHARE} as share, {FLAGGED} as flagged, {KNOWN} as known"
            " from records where {where}",
            everybody,
            ("course_completion_rate", "engagement_score", "at_risk_flag"),
        ),
        "majors": by(
            filters,
            "major_code",
            "avg(course_completion_rate) as completion, avg(engagement_score) as engagement",
            "major_code",
            "course_completion_rate",
            "engagement_score",
        ),
        "load": asking(
            "select count(*) as advisors, sum(records) as records, avg(records) as mean,"  # noqa: S608
            " quantile_cont(records, 0.1) as low, quantile_cont(records, 0.5) as median,"
            " quantile_cont(records, 0.9) as high, avg(flagged) as flagged from ("
            f"select advisor_id, count(*) as records, {FLAGGED} as flagged from records where {{where}}"
            " group by advisor_id) as g",
            filters.where("advisor_id is not null"),
            ("advisor_id", "at_risk_flag"),
        ),
        "unadvised": asking(
            "select count(*) as records, sum(case when advisor_id is null then 1 else 0 end) as unadvised,"  # noqa: S608
            f" {FLAGGED} as flagged, sum(case when at_risk_flag and advisor_id is null then 1 else 0 end) as both_"
            " from records where {where}",
            everybody,
            ("advisor_id", "at_risk_flag"),
        ),
        "quarters": asking(
            f"with bounds as ({quartiles('engagement_score', 10)}),"  # noqa: S608
            " quarters as (select case when engagement_score < q1 then 0 when engagement_score < q2 then 1"
            " when engagement_score < q3 then 2 when engagement_score is not null then 3 else 4 end as word,"
            " count(*) as records, avg(course_completion_rate) as completion, count(course_completion_rate) as rates,"
            f" {SHARE} as share, {FLAGGED} as flagged, {KNOWN} as known from records cross join bounds"
            " where {where} group by 1) select *, count(*) over () as groups, sum(records) over () as everyone,"
            " sum(known) over () as all_known, sum(flagged) over () as all_flagged from quarters"
            " order by records desc, word",
            everybody,
            ("engagement_score", "course_completion_rate", "at_risk_flag"),
        ),
        "close": asking(
            f"select {FLAGGED} as flagged,"  # noqa: S608
            " sum(case when at_risk_flag and current_gpa >= 2.0 and course_completion_rate >= 0.8 then 1 else 0 end)"
            " as near, sum(case when at_risk_flag and intervention_count > 0 then 1 else 0 end) as reached,"
            " sum(case when at_risk_flag and intervention_count = 0 then 1 else 0 end) as untouched,"
            " sum(case when at_risk_flag and current_gpa >= 2.0 and course_completion_rate >= 0.8"
            " and intervention_count = 0 then 1 else 0 end) as both_ from records where {where}",
            everybody,
            ("at_risk_flag", "current_gpa", "course_completion_rate", "intervention_count"),
        ),
    }


def _lag(work: Work) -> None:
    row = work.row("all")
    if not row["completion_sd"] or not row["engagement_sd"]:
        raise NotEnoughError("completion or engagement does not vary")
    work.say(
        "Over all records, {} of courses are completed, at an engagement of {} of 100.",
        work.figure("Average completion rate", row["completion"], "rate", row["records"]),
        work.figure("Average engagement, of 100", row["engagement"], "number", row["records"]),
    )
    spread = sqrt(max(0.0, 2 - 2 * (row["r"] or 0.0)))  # of the difference of two standardised columns
    lags: list[tuple[float, Row]] = []
    for major in work.groups("majors", "majors", shares=False):
        if major["completion"] is None or major["engagement"] is None:
            continue
        completed = (major["completion"] - row["completion"]) / row["completion_sd"]
        engaged = (major["engagement"] - row["engagement"]) / row["engagement_sd"]
        lags.append((completed - engaged, major))
    lags.sort(key=lambda item: item[0])
    behind = [(lag, major) for lag, major in lags if lag < 0 and lag <= -FAR * spread / sqrt(major["records"])]
    if not behind:
        work.say("No major completes less than its engagement suggests by more than chance alone would have it.")
    for lag, major in behind[:3]:
        which = group("major_code", major)
        gap = work.figure("Completion less engagement, in standard deviations", lag, "number", major["records"], which)
        completion = work.figure("Average completion rate", major["completion"], "rate", major["records"], which)
        engagement = work.figure("Average engagement, of 100", major["engagement"], "number", major["records"], which)
        work.say(
            f"Major {named(gap)} completes less than its engagement suggests: {{}} of courses, at {{}} of 100.",
            completion, engagement,
        )  # fmt: skip


def _load(work: Work) -> None:
    row, missing = work.row("load"), work.row("unadvised")
    if row["advisors"] >= SMALLEST:
        advisors = work.figure("Advisors", row["advisors"], "advisors", row["records"])
        mean = work.figure("Records of 100 advisors", 100 * row["mean"], "number", row["records"])
        low = work.figure("Records of an advisor, 10th percentile", row["low"], "number", row["records"])
        median = work.figure("Records of an advisor, median", row["median"], "number", row["records"])
        high = work.figure("Records of an advisor, 90th percentile", row["high"], "number", row["records"])
        flagged = None
        if may_be_told(int(missing["flagged"] or 0), int(missing["both_"] or 0)):
            flagged = work.figure("Records at risk of 100 advisors", 100 * row["flagged"], "number", row["records"])
        work.say("There are {}; a hundred of them have {} records on average.", advisors, mean)
        work.say("Of these, {} are at risk.", flagged)
        work.say("The median is {}; most have between {} and {}.", median, low, high)
    if missing["unadvised"]:
        work.say("{} have no advisor.", work.figure("No advisor", missing["unadvised"], "records", missing["records"]))
    if not work.findings().figures:
        raise NotEnoughError(f"fewer than {SMALLEST} advisors: their load is not described")


def _majors(work: Work) -> None:
    everybody = work.row("all")
    most = sorted(work.groups("majors", "majors"), key=lambda row: (-(row["flagged"] or 0), str(row["word"])))
    overall = work.figure("At risk", everybody["share"], "share", everybody["known"])
    kept = []
    for row in most[:5]:
        which = group("major_code", row)
        flagged = work.figure("Records at risk", row["flagged"], "records", row["known"], which)
        share = work.figure("At risk", row["share"], "share", row["known"], which)
        # As many as there would be fewer, if the group were as all are.
        over = None if overall is None or row["share"] is None else (row["share"] - overall.value) * row["known"]
        excess = work.figure(EXCESS, over, "number", row["known"], which) if share and over and over > 0 else None
        if excess:
            work.say(
                f"Major {named(share)}: {{}} at risk, which is {{}}: {{}} more than at the average share.",
                flagged,
                share,
                excess,
            )
        else:
            work.say(f"Major {named(share)}: {{}} at risk, which is {{}}.", flagged, share)
        kept += [row["flagged"]] if flagged else []
    if not any(row["flagged"] for row in most):
        work.say(TOO_FEW)
    if everybody["flagged"] and len(kept) >= 3:
        together = sum(kept[:3]) / everybody["flagged"]
        work.say(
            "The three majors with most hold {} of all records at risk.",
            work.figure("Records at risk, the three largest majors", together, "share", everybody["flagged"]),
            summary=True,
        )


def _engagement(work: Work) -> None:
    completions = []
    for row in sorted(work.groups("quarters", "quarters of engagement"), key=lambda row: int(row["word"])):
        which = Group("engagement_score", QUARTERS[int(row["word"])])
        completion = work.figure("Average completion rate", row["completion"], "rate", row["rates"], which)
        share = work.figure("At risk", row["share"], "share", row["known"], which)
        if share:
            work.say(f"Engagement, {named(share)}: {{}} of courses completed, {{}} at risk.", completion, share)
        else:
            work.say(
                f"Engagement, {named(completion)}: {{}} of courses completed; the share at risk cannot be shown.",
                completion,
            )
        completions += [completion] if completion and which.value != QUARTERS[-1] else []
    if not completions:
        raise NotEnoughError("nobody's engagement is known, or too few's")
    if len(completions) > 1:
        rise = completions[-1].value - completions[0].value
        way = "falls" if rise < 0 else "rises"
        behind = (completions[0].records or 0) + (completions[-1].records or 0)
        work.say(
            f"From the lowest quarter of engagement to the highest, completion {way} by {{}}.",
            work.figure("Completion, change from the lowest quarter to the highest", abs(rise), "points", behind),
            summary=True,
        )


def _close(work: Work) -> None:
    row = work.row("close")
    flagged, reached, lacking, nearby, both_ = (
        int(row[name] or 0) for name in ("flagged", "reached", "untouched", "near", "both_")
    )
    near = work.figure("At risk, GPA 2.0 or more, completion 80 % or more", nearby, "records", flagged)
    untouched = both = None
    if may_be_told(flagged, reached, lacking):
        untouched = work.figure("At risk without an intervention", lacking, "records", flagged)
    else:
        work.leave_out("At risk without an intervention")
    if may_be_told(flagged, both_, nearby - both_, lacking - both_):
        both = work.figure("At risk, near, without an intervention", both_, "records", flagged)
    if near is None and untouched is None:
        raise NotEnoughError("too few records at risk to speak of")
    work.say(
        "{} of those at risk have a GPA of 2.0 or more and complete 80 % or more of their courses.", near, summary=True
    )
    if untouched and not untouched.value and reached == flagged:
        work.say("Everyone at risk has had an intervention.")
        return
    work.say("{} at risk have had no intervention yet.", untouched)
    work.say("{} are both: the shortest way to a result.", both)


def _first(work: Work) -> None:
    figures = [figure for figure in needed(work.earlier, MAJORS) if figure.label == EXCESS]
    ranked = sorted(figures, key=lambda figure: -figure.value)[:3]
    for figure in ranked:
        same = work.figure(figure.label, figure.value, figure.unit, figure.records, figure.group)
        work.say(
            f"{'Take' if figure is ranked[0] else 'Then'} {named(figure)}{' first' * (figure is ranked[0])}:"
            " bringing it to the average would mean {} fewer records at risk.",
            same,
            summary=figure is ranked[0],
        )
    if not ranked and all(figure.group is None for figure in needed(work.earlier, MAJORS)):
        work.say(TOO_FEW)
    elif not ranked:
        work.say("No large major is above the average: nothing is gained by taking one before another.")


FAR: Final = 2.0
"""Standard errors from which a difference is more than chance; of twenty majors, one or less is by chance."""
TOO_FEW: Final = "Too few are at risk in any one major to compare majors."
MAJORS: Final = "Majors with most at risk"
EXCESS: Final = "Records at risk beyond the average share"

AREA: Final = Area(
    "optimization_opportunities",
    "Optimization Opportunities",
    "Where do effort, load and results not match, and where would the same work do most?",
    queries,
    (
        Step("Completion behind engagement", "majors that complete less than their engagement suggests", _lag),
        Step("Advisors' load", "how records spread over advisors, none of them by name", _load),
        Step(MAJORS, "where records at risk are, and how many more than at the average share", _majors),
        Step("What engagement goes with", "completion and risk by quarter of engagement", _engagement),
        Step("Who is close", "records at risk that lack little, and those that nobody has reached", _close),
        Step("What to take first", "the majors where the average would change most", _first),
    ),
)
