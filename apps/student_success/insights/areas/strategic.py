"""Strategic recommendations: which groups first, who is reached, how early it shows, and how good the data is."""

from typing import Final

from cohort.columns import label
from cohort.filters import Filters, asking
from insights.areas.groups import FLAGGED, KNOWN, SHARE, by, group, named
from insights.figures import SMALLEST, Figure, Group
from insights.workflow import Area, NotEnoughError, Step, Work
from warehouse.query import Query

CHECKED: Final = (
    "at_risk_flag", "advisor_id", "major_code", "last_login_date", "avg_assignment_score", "financial_aid_amount",
)  # fmt: skip
"""Columns whose gaps would change the other steps."""
ABSENT: Final = ("0 to 7 days", "8 to 14 days", "15 to 30 days", "more than 30 days")


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
        "majors": by(filters, "major_code", shares, "major_code", "at_risk_flag"),
        "years": by(
            filters,
            "date_trunc('year', enrollment_date)",
            shares,
            "enrollment_date",
            "at_risk_flag",
            more=("enrollment_date is not null",),
        ),
        "coverage": asking(
            f"select {FLAGGED} as flagged, {KNOWN} - {FLAGGED} as others,"  # noqa: S608
            " sum(case when at_risk_flag and intervention_count > 0 then 1 else 0 end) as reached,"
            " sum(case when at_risk_flag and intervention_count = 0 then 1 else 0 end) as untouched,"
            " sum(case when not at_risk_flag and intervention_count > 0 then 1 else 0 end) as elsewhere,"
            " sum(case when at_risk_flag and advisor_id is null then 1 else 0 end) as unadvised"
            " from records where {where}",
            everybody,
            ("at_risk_flag", "intervention_count", "advisor_id"),
        ),
        "absence": asking(
            f"select case when {days} <= 7 then 0 when {days} <= 14 then 1 when {days} <= 30 then 2 else 3 end as word,"  # noqa: S608
            f" count(*) as records, {shares} from records where {{where}} group by 1 order by 1",
            filters.where(f"{days} >= 0"),
            ("last_login_date", "last_updated", "at_risk_flag"),
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
    weighed = []
    for name, column in (("majors", "major_code"), ("years", "enrollment_date")):
        for found in work.groups(name):
            which = group(column, found) if name == "majors" else Group(column, str(found["word"])[:4])
            excess = ((found["share"] or 0.0) - overall.value) * found["known"]
            weighed.append((excess, which, found))
    weighed.sort(key=lambda item: (-item[0], item[1].name))
    for excess, which, found in [item for item in weighed if item[0] > 0][:4]:
        share = work.figure("At risk", found["share"], "share", found["known"], which)
        beyond = work.figure(EXCESS, excess, "number", found["known"], which) if share else None
        kind = which.label.lower()
        work.say(
            f"{kind.capitalize()} {named(share)}: {{}} at risk, {{}} records beyond the average share.", share, beyond
        )


def _coverage(work: Work) -> None:
    row = work.row("coverage")
    if not row["flagged"] or row["flagged"] < SMALLEST:
        raise NotEnoughError("too few records are at risk to speak of")
    reached = work.figure(REACHED, row["reached"] / row["flagged"], "share", row["flagged"])
    untouched = work.figure(UNTOUCHED, row["untouched"], "records", row["flagged"])
    elsewhere = row["elsewhere"] / row["others"] if row["others"] else None
    others = work.figure("Not at risk, with an intervention", elsewhere, "share", row["others"])
    work.say("{} of the records at risk have had an intervention.", reached)
    work.say("{} at risk have had none.", untouched)
    work.say("Of those not at risk, {} have had one.", others)
    work.say("{} at risk have no advisor.", work.figure(UNADVISED, row["unadvised"], "records", row["flagged"]))


def _timing(work: Work) -> None:
    shares = []
    for row in work.rows("absence"):
        which = Group("last_login_date", ABSENT[int(row["word"])])
        count = work.figure("Records", row["records"], "records", row["records"], which)
        share = work.figure(AWAY, row["share"], "share", row["known"], which)
        work.say(f"Last login {named(share)} before the record's update: {{}} at risk of {{}}.", share, count)
        shares += [share] if share else []
    if not shares:
        raise NotEnoughError("too few records have a login and a date of update")
    if len(shares) > 1:
        rise = shares[-1].value - shares[0].value
        behind = (shares[0].records or 0) + (shares[-1].records or 0)
        work.say(
            f"Between {named(shares[0])} and {named(shares[-1])} lie {{}}.",
            work.figure("At risk, longest absence less shortest", rise, "points", behind),
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
        work.say(f"**Begin with {name}**: {{}} at risk, {{}} records beyond the average share.", kept, excess)
    away = [figure for figure in before if figure.label == AWAY]
    if len(away) > 1 and away[-1].value > away[0].value:
        last = work.figure(away[-1].label, away[-1].value, away[-1].unit, away[-1].records, away[-1].group)
        work.say(f"**Watch absence**: of those away {named(last)}, {{}} are at risk.", last)
    gaps = [figure for figure in before if figure.label.endswith(" unknown")]
    if gaps:
        most = max(gaps, key=lambda figure: figure.value)
        kept = work.figure(most.label, most.value, most.unit, most.records)
        work.say(f"**Close the widest gap** in the data: {most.label.lower()} for {{}} of the records.", kept)
    if not work.findings().statements:
        raise NotEnoughError("the steps before it found nothing to act on")


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
