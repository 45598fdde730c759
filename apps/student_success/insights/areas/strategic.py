"""Strategic recommendations: which groups first, who is reached, how early it shows, and how good the data is."""

from math import sqrt
from typing import Final

from cohort.columns import label
from cohort.filters import Filters, asking
from insights.areas.groups import FLAGGED, KNOWN, SHARE, YEARS, by, group, named, year
from insights.figures import SMALLEST, Figure, Group
from insights.suppression import may_be_told
from insights.workflow import Area, NotEnoughError, Step, Work
from warehouse.query import Query, Row

CHECKED: Final = (
    "at_risk_flag", "advisor_id", "major_code", "last_login_date", "avg_assignment_score", "financial_aid_amount",
)  # fmt: skip
"""Columns whose gaps would change the other steps."""
ABSENT: Final = ("0 to 7 days", "8 to 14 days", "15 to 30 days", "more than 30 days", "unknown")


def queries(filters: Filters) -> dict[str, Query]:
    """Return the area's queries by name."""
    everybody = filters.where()
    days = "date_diff('day', cast(last_login_date as date), cast(last_updated as date))"
    gaps = ", ".join(f"sum(case when {name} is null then 1 else 0 end) as no_{name}" for name in CHECKED)
    shares = f"{SHARE} as share, {FLAGGED} as flagged, {KNOWN} as known"
    return {
        "all": asking(
            f"select count(*) as records, {shares} from records where {{where}}",  # noqa: S608
            everybody,
            ("at_risk_flag",),
        ),
        "majors": by(filters, "major_code", "", "major_code"),
        "years": by(filters, "date_trunc('year', enrollment_date)", "", "enrollment_date"),
        "coverage": asking(
            f"select {FLAGGED} as flagged, {KNOWN} - {FLAGGED} as others,"  # noqa: S608
            " sum(case when at_risk_flag and intervention_count > 0 then 1 else 0 end) as reached,"
            " sum(case when at_risk_flag and intervention_count = 0 then 1 else 0 end) as untouched,"
            " sum(case when not at_risk_flag and intervention_count > 0 then 1 else 0 end) as elsewhere,"
            " sum(case when at_risk_flag and advisor_id is null then 1 else 0 end) as unadvised,"
            " sum(case when advisor_id is null then 1 else 0 end) as all_unadvised"
            " from records where {where}",
            everybody,
            ("at_risk_flag", "intervention_count", "advisor_id"),
        ),
        "absence": by(
            filters,
            f"case when {days} < 0 then 4 when {days} <= 7 then 0 when {days} <= 14 then 1 when {days} <= 30 then 2"
            f" when {days} > 30 then 3 else 4 end",
            "",
            "last_login_date",
            "last_updated",
        ),
        "gaps": asking(f"select count(*) as records, {gaps} from records where {{where}}", everybody, CHECKED),  # noqa: S608
        "ahead": asking(
            "select count(*) as records from records where {where}",
            filters.where("last_login_date > last_updated"),
            ("last_login_date", "last_updated"),
        ),
    }


def _groups(work: Work) -> None:
    row = work.row("all")
    overall = work.figure("At risk", row["share"], "share", row["known"])
    if overall is None:
        raise NotEnoughError("too few records say whether they are at risk")
    work.say("Over all records, {} are at risk.", overall)
    majors = [(group("major_code", found), found) for found in work.groups("majors", "majors")]
    years = [(year(found), found) for found in work.groups("years", YEARS)]
    newest = sorted(which.name for which, _ in years if which.value)[-NEWEST:]
    weighed = [(above(found, row), which, found) for which, found in (*majors, *years) if found["share"] is not None]
    if not weighed:
        work.say("Too few are at risk in any one group to compare groups.")
    stands_out = [
        item for item in weighed if item[0] >= FAR and (item[1].column == "major_code" or item[1].name in newest)
    ]
    if weighed and not stands_out:
        work.say(NONE_STANDS_OUT)
    stands_out.sort(key=lambda item: (-(item[2]["share"] - overall.value) * item[2]["known"], item[1].name))
    for distance, which, found in stands_out[:4]:
        share = work.figure("At risk", found["share"], "share", found["known"], which)
        excess = (found["share"] - overall.value) * found["known"]
        beyond = work.figure(EXCESS, excess, "number", found["known"], which) if share else None
        errors = work.figure("Above the rest, in standard errors", distance, "number", found["known"], which)
        work.say(
            f"{which.label} {named(share)}: {{}} at risk, {{}} records beyond the average share. It is {{}} standard"
            " errors above the rest: more than chance alone would have it.",
            share,
            beyond,
            errors if share else None,
        )


def above(found: Row, everybody: Row) -> float:
    """Return by how many standard errors a group's share at risk is above that of all others."""
    known, flagged = found["known"], found["flagged"]
    others, flagged_others = everybody["known"] - known, everybody["flagged"] - flagged
    if not known or not others:
        return 0.0
    pooled = everybody["flagged"] / everybody["known"]
    error = sqrt(pooled * (1 - pooled) * (1 / known + 1 / others))
    return float((flagged / known - flagged_others / others) / error) if error else 0.0


def _coverage(work: Work) -> None:
    row = work.row("coverage")
    if not row["flagged"] or row["flagged"] < SMALLEST:
        raise NotEnoughError("too few records are at risk to speak of")
    reached = untouched = unadvised = None
    if may_be_told(row["flagged"], row["reached"], row["untouched"]):
        reached = work.figure(REACHED, row["reached"] / row["flagged"], "share", row["flagged"])
        untouched = work.figure(UNTOUCHED, row["untouched"], "records", row["flagged"])
    else:
        work.leave_out(UNTOUCHED)
    if may_be_told(row["all_unadvised"], row["unadvised"]):  # other steps tell of how many no advisor is known
        unadvised = work.figure(UNADVISED, row["unadvised"], "records", row["flagged"])
    else:
        work.leave_out(UNADVISED)
    elsewhere = row["elsewhere"] / row["others"] if row["others"] else None
    others = work.figure("Not at risk, with an intervention", elsewhere, "share", row["others"])
    if reached and row["reached"] == row["flagged"]:
        work.say("Everyone at risk has had an intervention.", summary=True)
    else:
        work.say("{} of the records at risk have had an intervention.", reached, summary=True)
        work.say("{} at risk have had none.", untouched)
    work.say("Of those not at risk, {} have had one.", others)
    if unadvised and not row["unadvised"]:
        work.say("Everyone at risk has an advisor.")
    else:
        work.say("{} at risk have no advisor.", unadvised)


def _timing(work: Work) -> None:
    shares = []
    for row in sorted(work.groups("absence", "lengths of absence"), key=lambda row: int(row["word"])):
        which = Group("last_login_date", ABSENT[int(row["word"])])
        count = work.figure("Records", row["records"], "records", row["records"], which)
        share = work.figure(AWAY, row["share"], "share", row["known"], which)
        before = "" if which.value == ABSENT[-1] else " before the record's update"
        if share:
            work.say(f"Last login {named(share)}{before}: {{}} at risk of {{}}.", share, count)
        else:
            work.say(f"Last login {named(count)}{before}: {{}}; the share at risk cannot be shown.", count)
        shares += [share] if share and which.value != ABSENT[-1] else []
    if not shares:
        work.say("Too few are at risk by absence to compare.")
    if len(shares) > 1:
        rise = shares[-1].value - shares[0].value
        behind = (shares[0].records or 0) + (shares[-1].records or 0)
        work.say(
            f"After {named(shares[-1])} away, {{}} {'less' if rise < 0 else 'more'} are at risk than after"
            f" {named(shares[0])}.",
            work.figure("At risk, longest absence against shortest", abs(rise), "points", behind),
        )


def _quality(work: Work) -> None:
    row = work.row("gaps")
    if row["records"] < SMALLEST:
        raise NotEnoughError("too few records to speak of")
    for name in CHECKED:
        missing = row[f"no_{name}"]
        share = (
            work.figure(f"{label(name)} unknown", missing / row["records"], "share", row["records"])
            if missing
            else None
        )
        work.say(f"{label(name)} is unknown for {{}} of the records.", share)
    ahead = work.row("ahead")["records"]
    work.say(
        "{} have a login after their own last update.",
        work.figure("Login after the last update", ahead, "records", row["records"]) if ahead else None,
    )
    if not work.findings().figures:
        none = not ahead and not any(row[f"no_{name}"] for name in CHECKED)
        work.say(
            "None of the columns that the other steps rest on has a gap."
            if none
            else "There are gaps and contradictions, each in too few records to speak of."
        )


def _actions(work: Work) -> None:
    """Each action repeats the figures that it rests on, under this step's names."""
    before = [figure for found in work.earlier.values() for figure in found.figures]

    def again(label_: str) -> Figure | None:
        found = next((figure for figure in before if figure.label == label_ and figure.value), None)
        return work.figure(found.label, found.value, found.unit, found.records, found.group) if found else None

    if untouched := again(UNTOUCHED):
        work.say("**Reach out** to the records at risk without an intervention: {}.", untouched)
    if unadvised := again(UNADVISED):
        work.say("**Assign an advisor** to the {} at risk who have none.", unadvised)
    if excess := again(EXCESS):
        share = next((f for f in before if f.label == "At risk" and f.group == excess.group), None)
        kept = share and work.figure(share.label, share.value, share.unit, share.records, share.group)
        name = named(excess).removeprefix("**").removesuffix("**")
        work.say(
            f"**Begin with {name}**: {{}} at risk, {{}} records beyond the average share.", kept, excess, summary=True
        )
    elif any(NONE_STANDS_OUT in found.statements for found in work.earlier.values()):
        work.say(NONE_STANDS_OUT, summary=True)
    away = [figure for figure in before if figure.label == AWAY]
    if len(away) > 1 and away[-1].value > away[0].value:
        last = work.figure(away[-1].label, away[-1].value, away[-1].unit, away[-1].records, away[-1].group)
        work.say(f"**Watch absence**: of those away {named(last)}, {{}} are at risk.", last, summary=True)
    gaps = [figure for figure in before if figure.label.endswith(" unknown") and figure.value >= WIDE]
    if gaps:
        most = max(gaps, key=lambda figure: figure.value)
        kept = work.figure(most.label, most.value, most.unit, most.records)
        work.say(f"**Close the widest gap** in the data: {most.label.lower()} for {{}} of the records.", kept)
    if not work.findings().statements:
        raise NotEnoughError("the steps before it found nothing to act on")


FAR: Final = 2.0
"""Standard errors above the rest from which a group is recommended; of forty groups, one is by chance."""
NEWEST: Final = 2
"""Years of enrollment that can be recommended: those before have mostly left."""
WIDE: Final = 0.05
"""Gaps in the data that are worth closing, as a share of the records."""
NONE_STANDS_OUT: Final = "No group stands out more than chance would have it."
EXCESS: Final = "Records at risk beyond the average share"
REACHED: Final = "At risk, with an intervention"
UNTOUCHED: Final = "At risk without an intervention"
UNADVISED: Final = "At risk without an advisor"
AWAY: Final = "At risk by absence"

AREA: Final = Area(
    "strategic_recommendations",
    "Strategic Recommendations",
    "Which few things should be done first, for whom, and which figures say so?",
    queries,
    (
        Step("Which groups first", "majors and years of enrollment by size and by risk beyond the average", _groups),
        Step("Who is reached", "interventions among records at risk, and among the others", _coverage),
        Step("How early it shows", "risk by days since the last login", _timing),
        Step("How good the data is", "gaps and contradictions in what the other steps rest on", _quality),
        Step("What to do", "a few actions, each with the figures that it rests on", _actions),
    ),
)
