"""Financial impact: how aid is spread, what goes with it, and what is at stake under stated assumptions."""

from math import atanh, sqrt, tanh
from typing import Final

from cohort.filters import Filters, asking
from insights.areas.groups import KNOWN, SHARE, named
from insights.figures import SMALLEST, Group
from insights.workflow import Area, NotEnoughError, Step, Work, needed
from warehouse.query import Query

BANDS: Final = ("no aid", "up to 5,000 USD", "5,000 to 10,000 USD", "10,000 to 15,000 USD", "15,000 USD or more")
UNKNOWN: Final = "aid unknown"
NORMAL_95: Final = 1.959964
"""The standard normal's 97.5th percentile."""


def queries(filters: Filters) -> dict[str, Query]:
    """Return the area's queries by name."""
    everybody = filters.where()
    aided = filters.where("financial_aid_amount > 0")
    pairs = filters.where("financial_aid_amount is not null", "current_gpa is not null")
    return {
        "aid": asking(
            "select count(*) as records, count(financial_aid_amount) as known,"
            " sum(case when financial_aid_amount > 0 then 1 else 0 end) as aided, sum(financial_aid_amount) as total"
            " from records where {where}",
            everybody,
            ("financial_aid_amount",),
        ),
        "amounts": asking(
            "select count(*) as aided, avg(financial_aid_amount) as mean,"
            " quantile_cont(financial_aid_amount, 0.25) as low, quantile_cont(financial_aid_amount, 0.5) as median,"
            " quantile_cont(financial_aid_amount, 0.75) as high from records where {where}",
            aided,
            ("financial_aid_amount",),
        ),
        "pairs": asking(
            "select count(*) as pairs, corr(financial_aid_amount, current_gpa) as r from records where {where}",
            pairs,
            ("financial_aid_amount", "current_gpa"),
        ),
        "bands": asking(
            "select case when financial_aid_amount is null then 5 when financial_aid_amount <= 0 then 0"  # noqa: S608
            " when financial_aid_amount < 5000 then 1 when financial_aid_amount < 10000 then 2"
            " when financial_aid_amount < 15000 then 3 else 4 end as word, count(*) as records,"
            f" {SHARE} as share, {KNOWN} as known from records where {{where}} group by 1 order by 1",
            everybody,
            ("financial_aid_amount", "at_risk_flag"),
        ),
        "students": asking(
            "select count(*) as records, count(distinct student_id) as students from records where {where}",
            filters.where("at_risk_flag"),
            ("student_id", "at_risk_flag"),
        ),
    }


def _aid(work: Work) -> None:
    row, amounts = work.row("aid"), work.row("amounts")
    with_aid = row["aided"] / row["known"] if row["known"] else None
    share = work.figure("With aid", with_aid, "share", row["known"])
    if share is None:
        raise NotEnoughError("too few records say how much aid there is")
    total = work.figure("Aid, total", row["total"], "USD", row["known"])
    mean = work.figure("Aid, average of those with aid", amounts["mean"], "USD", amounts["aided"])
    low = work.figure("Aid, lower quartile of those with aid", amounts["low"], "USD", amounts["aided"])
    median = work.figure("Aid, median of those with aid", amounts["median"], "USD", amounts["aided"])
    high = work.figure("Aid, upper quartile of those with aid", amounts["high"], "USD", amounts["aided"])
    work.say("{} of the records have aid, {} in total.", share, total)
    work.say("Of those, half have between {} and {}; the median is {}, the average {}.", low, high, median, mean)


def _grades(work: Work) -> None:
    row = work.row("pairs")
    r = work.figure("Correlation of aid and GPA", row["r"], "correlation", row["pairs"])
    if r is None or abs(r.value) >= 1:
        raise NotEnoughError("aid and GPA do not both vary, or too few records have both")
    # Fisher's transformation: https://en.wikipedia.org/wiki/Fisher_transformation
    half = NORMAL_95 / sqrt(row["pairs"] - 3)
    low = work.figure(
        "The same, lower end of its 95 % interval", tanh(atanh(r.value) - half), "correlation", row["pairs"]
    )
    high = work.figure(
        "The same, upper end of its 95 % interval", tanh(atanh(r.value) + half), "correlation", row["pairs"]
    )
    work.say("Aid and GPA correlate by {}, with a 95 % interval from {} to {}.", r, low, high)
    if low and high and low.value <= 0 <= high.value:
        work.say("The interval has zero in it: from these records, aid and GPA may have nothing to do with each other.")


def _bands(work: Work) -> None:
    rows = [row for row in work.rows("bands") if row["records"]]
    shares = []
    for row in rows:
        band = Group("financial_aid_amount", (*BANDS, UNKNOWN)[int(row["word"])])
        share = work.figure("At risk", row["share"], "share", row["known"], band)
        count = work.figure("Records", row["records"], "records", row["records"], band)
        work.say(f"{named(share)}: {{}} at risk of {{}}.", share, count)
        shares += [share] if share else []
    if not shares:
        raise NotEnoughError(f"no band of aid has {SMALLEST} records")


def _stake(work: Work) -> None:
    given = work.assumptions
    row = work.row("students")
    students = work.figure("Students at risk", row["students"], "students", row["records"])
    if students is None:
        raise NotEnoughError("too few students are at risk to speak of")
    tuition = work.assumed("revenue of a student in a year", given.tuition, "USD")
    leaving = work.assumed("students at risk who leave in a year", given.leaving, "share")
    lost = students.value * given.leaving * given.tuition
    stake = work.figure(STAKE, lost, "USD", row["records"])
    work.say(
        "If {} of {} left and each were worth {} a year, {} of revenue would be at stake.",
        leaving,
        students,
        tuition,
        stake,
    )


def _returns(work: Work) -> None:
    given = work.assumptions
    stake = next((figure for figure in needed(work.earlier, "What is at stake") if figure.label == STAKE), None)
    students = next((figure for figure in needed(work.earlier, "What is at stake") if figure.unit == "students"), None)
    if stake is None or students is None:
        raise NotEnoughError("nothing is at stake")
    reached = work.assumed("students at risk who are reached", given.reached, "share")
    effect = work.assumed("of those who would leave, the ones who stay", given.effect, "share")
    cost = work.assumed("an intervention for one student", given.cost, "USD")
    spent = work.figure(SPENT, students.value * given.reached * given.cost, "USD", students.records)
    kept = work.figure("Revenue kept", stake.value * given.reached * given.effect, "USD", students.records)
    if spent and kept:
        net = work.figure("Revenue kept less cost", kept.value - spent.value, "USD", students.records)
        work.say("Reaching {} of them at {} each would cost {}.", reached, cost, spent)
        work.say("If {} of those who would have left stayed, {} would be kept: {} after the cost.", effect, kept, net)


def _break_even(work: Work) -> None:
    given = work.assumptions
    behind = needed(work.earlier, "What an intervention returns")[-1].records or 0
    worth = given.leaving * given.tuition
    if worth <= 0:
        raise NotEnoughError("with these assumptions nothing is lost, so nothing can be earned back")
    effect = work.figure("Effect at which the cost is earned back", given.cost / worth, "rate", behind)
    assumed = work.assumed("of those who would leave, the ones who stay", given.effect, "share")
    work.say("The cost is earned back once {} of those who would leave stay; assumed were {}.", effect, assumed)
    if given.cost > worth:
        work.say("No effect can reach that: an intervention costs more than the revenue it could keep.")
    work.say("These are the consequences of the assumptions, not of the records.")


STAKE: Final = "Revenue at stake in a year"
SPENT: Final = "Cost of the interventions"

AREA: Final = Area(
    "financial_impact",
    "Financial Impact",
    "How is aid spread, what goes with it, and what would helping be worth under the stated assumptions?",
    queries,
    (
        Step("How aid is spread", "who has aid, and how much", _aid),
        Step("Aid and grades", "the correlation of aid and GPA, with its interval", _grades),
        Step("Risk by aid", "the share at risk in each band of aid", _bands),
        Step("What is at stake", "a year's revenue from students at risk who may leave", _stake),
        Step("What an intervention returns", "cost and revenue kept, as assumed", _returns),
        Step("Where it breaks even", "the effect from which an intervention pays for itself", _break_even),
    ),
)
