"""Financial impact: how aid is spread, what goes with it, and what is at stake under stated assumptions."""

from math import atanh, sqrt, tanh
from typing import Final

from cohort.filters import Filters, asking
from insights.areas.groups import by, named, quartiles
from insights.figures import Figure, Group
from insights.workflow import Area, NotEnoughError, Step, Work, needed
from risk import costs
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
            "select count(*) as aided, avg(financial_aid_amount) as mean from records where {where}",
            aided,
            ("financial_aid_amount",),
        ),
        "spread": asking(quartiles("financial_aid_amount", 1), aided, ("financial_aid_amount",)),
        "pairs": asking(
            "select count(*) as pairs, corr(financial_aid_amount, current_gpa) as r from records where {where}",
            pairs,
            ("financial_aid_amount", "current_gpa"),
        ),
        "bands": by(
            filters,
            "case when financial_aid_amount is null then 5 when financial_aid_amount <= 0 then 0"
            " when financial_aid_amount < 5000 then 1 when financial_aid_amount < 10000 then 2"
            " when financial_aid_amount < 15000 then 3 else 4 end",
            "",
            "financial_aid_amount",
        ),
        "students": asking(
            "select count(*) as records, count(distinct student_id) as students from records where {where}",
            filters.where("at_risk_flag"),
            ("student_id", "at_risk_flag"),
        ),
    }


def _aid(work: Work) -> None:
    row, amounts, spread = work.row("aid"), work.row("amounts"), work.row("spread")
    with_aid = row["aided"] / row["known"] if row["known"] else None
    share = work.figure("With aid", with_aid, "share", row["known"])
    if share is None:
        raise NotEnoughError("too few records say how much aid there is")
    total = work.figure("Aid, total", row["total"], "USD", row["known"])
    mean = work.figure("Aid, average of those with aid", amounts["mean"], "USD", amounts["aided"])
    low = work.figure("Aid, lower quartile of those with aid", spread["q1"], "USD", amounts["aided"])
    median = work.figure("Aid, median of those with aid", spread["q2"], "USD", amounts["aided"])
    high = work.figure("Aid, upper quartile of those with aid", spread["q3"], "USD", amounts["aided"])
    work.say("{} of the records have aid, {} in total.", share, total, summary=True)
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
    work.say("Aid and GPA correlate by {}, with a 95 % interval from {} to {}.", r, low, high, summary=True)
    if low and high and low.value <= 0 <= high.value:
        work.say("The interval has zero in it: from these records, aid and GPA may have nothing to do with each other.")


def _bands(work: Work) -> None:
    shares = []
    for row in sorted(work.groups("bands", "bands of aid"), key=lambda row: int(row["word"])):
        band = Group("financial_aid_amount", (*BANDS, UNKNOWN)[int(row["word"])])
        share = work.figure("At risk", row["share"], "share", row["known"], band)
        count = work.figure("Records", row["records"], "records", row["records"], band)
        if share:
            work.say(f"{named(count)}: {{}} at risk of {{}}.", share, count)
        else:
            work.say(f"{named(count)}: {{}}; the share at risk cannot be shown.", count)
        shares += [share] if share else []
    if not shares:
        work.say("Too few are at risk in any one band of aid to compare bands.")


def _stake(work: Work) -> None:
    row = work.row("students")
    students = work.figure(AT_RISK, row["students"], "students", row["records"])
    if students is None:
        raise NotEnoughError("too few students are at risk to speak of")
    work.say("There are {} at risk.", students)
    if work.assumptions.tuition is None:
        work.say("What their staying is worth needs your assumption: net tuition.")
        return
    tuition = work.assumed(ASSUMED["tuition"], work.assumptions.tuition, "USD")
    worth = students.value * work.assumptions.tuition
    stake = work.figure("Net tuition of all students at risk", worth, "USD", row["records"], follows=True)
    work.say("At {} each, their net tuition comes to {}: that is lost if none of them stays.", tuition, stake)


def _returns(work: Work) -> None:
    at_risk = needed(work.earlier, STAKE)[0]
    given = work.assumptions
    assumed = given.of(at_risk.value)
    if assumed is None:
        raise NotEnoughError(_missing(work))
    if given.students is None:
        students: Figure | None = work.figure(AT_RISK, at_risk.value, "students", at_risk.records)
    else:
        students = work.assumed(ASSUMED["students"], given.students, "students")
    reach = work.assumed(ASSUMED["reach"], assumed.reach, "share")
    cost = work.assumed(ASSUMED["cost"], assumed.cost, "USD")
    effect = work.assumed(ASSUMED["effect"], assumed.effect, "share")
    follows = costs.outcome(assumed)
    spent = work.figure("Cost of helping", follows.cost, "USD", at_risk.records, follows=True)
    kept = work.figure("Students kept", follows.kept, "number", at_risk.records, follows=True)
    income = work.figure("Net tuition kept", follows.income, "USD", at_risk.records, follows=True)
    net = work.figure("Net tuition kept less cost", follows.net, "USD", at_risk.records, follows=True)
    work.say("Of {}, {} take part, at {} each: that costs {}.", students, reach, cost, spent)
    work.say("If {} of those who take part stay because of it, {} students and {} are kept.", effect, kept, income)
    work.say("As you assume it, {} are left after the cost.", net, summary=True)


def _break_even(work: Work) -> None:
    at_risk = needed(work.earlier, STAKE)[0]
    assumed = work.assumptions.of(at_risk.value)
    if assumed is None:
        raise NotEnoughError(_missing(work))
    even = costs.break_even(assumed)
    if even is None:
        raise NotEnoughError("at no tuition, nothing can be earned back")
    needed_ = work.figure("Effect at which the cost is earned back", even, "rate", at_risk.records, follows=True)
    effect = work.assumed(ASSUMED["effect"], assumed.effect, "share")
    if even > 1:
        work.say("No effect earns the cost back: helping one costs more than the tuition of one who stays.")
    else:
        work.say(
            "It pays for itself if at least {} of those who take part stay because of it; you assumed {}.",
            needed_,
            effect,
        )
    work.say("These follow from your assumptions, not from the records.")


def _missing(work: Work) -> str:
    names = {"tuition": "net tuition", "cost": "the cost of helping one student", "reach": "reach", "effect": "effect"}
    return f"needs your assumptions: {', '.join(names[name] for name in work.assumptions.missing())}"


STAKE: Final = "What is at stake"
AT_RISK: Final = "Students at risk"
ASSUMED: Final = {
    "students": "students who are offered help",
    "tuition": "net tuition of a student who stays",
    "cost": "cost of helping one student who takes part",
    "reach": "of those offered help, who take part",
    "effect": "of those who take part, who stay because of it",
}
"""What each assumption is, as in `risk.costs`."""

AREA: Final = Area(
    "financial_impact",
    "Financial Impact",
    "How is aid spread, what goes with it, and what would helping be worth under the stated assumptions?",
    queries,
    (
        Step("How aid is spread", "who has aid, and how much", _aid),
        Step("Aid and grades", "the correlation of aid and GPA, with its interval", _grades),
        Step("Risk by aid", "the share at risk in each band of aid", _bands),
        Step(STAKE, "the net tuition of the students at risk", _stake),
        Step("What an intervention returns", "cost and tuition kept, as you assume them", _returns),
        Step("Where it breaks even", "the effect from which an intervention pays for itself", _break_even),
    ),
)
