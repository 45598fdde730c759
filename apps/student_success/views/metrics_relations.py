"""Panels of the metrics page on GPA, on its relation to financial aid, and on completion over time."""

from datetime import date
from typing import Final

import altair as alt

from cohort import metrics, metrics_gpa
from cohort.metrics import FEW
from cohort.metrics_gpa import (
    AID_STEP,
    AID_STEPS,
    BINS_PER_POINT,
    HIGHEST,
    LEAST_PAIRS,
    PROBATION,
    Correlation,
    Distribution,
    HeatMap,
)
from views import charts, numbers, states
from views.metrics_whom import by_month, noun
from views.reader import Reader
from views.text import plain
from warehouse.errors import MissingColumnsError
from warehouse.query import Row

_YEAR: Final = "format(floor(datum.value / 12), 'd')"
_MONTHS: Final = "['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']"
_MONTH_AND_YEAR: Final = f"{_MONTHS}[datum.value % 12] + ' ' + {_YEAR}"


def gpa(reader: Reader) -> None:
    """Draw how many records have which GPA."""
    found = Distribution.of(_by_gpa_and_aid(reader))
    if not found.records:
        charts.empty("GPA", "No record has a GPA on the scale from 0 to 4.")
        return
    values = [
        {"from": n / BINS_PER_POINT, "to": (n + 1) / BINS_PER_POINT, "records": records}
        for n, records in enumerate(found.bins)
    ]
    scale = alt.Scale(domain=[0, HIGHEST], nice=False)
    bars = (
        charts.of(values)
        .mark_bar(color=charts.ACCENT, binSpacing=1)
        .encode(
            x=alt.X("from:Q", bin="binned", title="GPA (of 4.0), in tenths", scale=scale).axis(
                values=[n / 2 for n in range(9)], format=".1f"
            ),
            x2="to:Q",
            y=alt.Y("records:Q", title=noun(reader).capitalize()).axis(**charts.counts(max(found.bins))),
            tooltip=[alt.Tooltip("from:Q", format=".1f"), alt.Tooltip("to:Q", format=".1f"), _counted(reader)],
        )
    )
    line = charts.of([{"from": PROBATION}]).mark_rule(color=charts.ALARM, strokeDash=[6, 4], size=2)
    note = (
        f"{numbers.count(found.below)} ({numbers.share(found.below / found.records)}) are below {PROBATION},"
        " the dashed line, where many colleges begin probation."
    )
    if found.unknown:
        note += f" {numbers.count(found.unknown)} have none."
    if found.outside:
        note += f" {numbers.count(found.outside)} are not between 0 and 4 and not shown."
    title = f"GPA of {numbers.count(found.records)} {noun(reader)}"
    charts.draw(alt.layer(bars, line.encode(x="from:Q")), title, key="metrics_gpa", note=note)


def _by_gpa_and_aid(reader: Reader) -> list[Row]:
    return reader.rows(metrics_gpa.by_gpa_and_aid(reader.filters.where(), reader.cohort.has))


def _counted(reader: Reader) -> alt.Tooltip:
    return alt.Tooltip("records:Q", title=noun(reader))


def completion(reader: Reader) -> None:
    """Draw the average completion rate by date of enrollment."""
    name = "course_completion_rate"
    missing = tuple(column for column in ("enrollment_date", name) if not reader.cohort.has(column))
    if missing:
        raise MissingColumnsError(missing)
    months = by_month(reader)
    found = [entry for entry in metrics.over_time(months) if entry.totals.known_of(name)]
    if not found:
        charts.empty("Completion by date of enrollment", "No record has both a date and a rate.")
        return
    monthly = found[0].month is not None
    time_format = "%b %Y" if monthly else "%Y"
    places = [12 * entry.year + (entry.month or 1) - 1 for entry in found]  # no dates: they hang on a time zone
    rates = [100 * (entry.totals.average(name) or 0) for entry in found]
    values = [
        {
            "enrolled": place,
            "when": f"{date(entry.year, entry.month or 1, 1):{time_format}}",
            "rate": rate,
            "records": entry.totals.known_of(name),
            "few": entry.totals.known_of(name) < FEW,
        }
        for entry, place, rate in zip(found, places, rates, strict=True)
    ]
    fewest, most = (pick(entry.totals.known_of(name) for entry in found) for pick in (min, max))
    base = charts.of(values).encode(
        # Its ends are named: Vega warns of an empty one while Streamlit has not yet given it the rows.
        x=alt.X(
            "enrolled:Q",
            title=f"{'Month' if monthly else 'Year'} of enrollment",
            scale=alt.Scale(domain=[places[0], places[-1]], padding=16),
        ).axis(values=places, labelExpr=_MONTH_AND_YEAR if monthly else _YEAR, labelOverlap=True, grid=False),
        y=alt.Y("rate:Q", title="Completion rate (%)", scale=_domain(rates)).axis(tickCount=5),
    )
    points = base.mark_point(filled=True, opacity=1, color=charts.ACCENT).encode(
        size=alt.Size("records:Q", scale=alt.Scale(domain=[0, most], range=[40, 260])).legend(None),
        shape=alt.condition(alt.datum.few, alt.value("triangle"), alt.value("circle")),
        tooltip=[
            "when:N",
            alt.Tooltip("rate:Q", format=".1f", title="completion, %"),
            _counted(reader),
        ],
    )
    chart = alt.layer(base.mark_line(color=charts.MUTED, size=1.5), points)
    dated = sum(entry.totals.known_of(name) for entry in found)
    note = f"The larger a point, the more {noun(reader)}: {numbers.count(fewest)} to {numbers.count(most)}."
    if fewest == most:
        note = f"Each point stands for {numbers.count(most)} {noun(reader)}."
    note += " The axis of the rate shows a part of 0 to 100 %."
    if any(value["few"] for value in values):
        note += f" Triangles: fewer than {FEW} {noun(reader)}, which say little."
    slips = sum(int(row["records"]) for row in months if row["year"] is not None and not metrics.can_be(row["year"]))
    if slips:
        note += f" {numbers.count(slips)} whose date cannot be are not shown."
    title = f"Completion by date of enrollment, {numbers.count(dated)} {noun(reader)}"
    charts.draw(chart, title, key="metrics_completion", note=note)


def _domain(rates: list[float]) -> alt.Scale:
    """Return a scale of at least ten points, so that a tenth of a point is not drawn as a cliff."""
    middle = (min(rates) + max(rates)) / 2
    reach = max(5.0, 0.6 * (max(rates) - min(rates)))
    return alt.Scale(domain=[max(0.0, middle - reach), min(100.0, max(middle + reach, *rates))], nice=True)


def aid(reader: Reader) -> None:
    """Draw financial aid against GPA, with their correlation."""
    condition = reader.filters.where()
    found = Correlation.of(reader.row(metrics_gpa.correlation(condition)))
    if found.n < LEAST_PAIRS:
        charts.titled("Financial aid and GPA")
        states.too_few("The correlation", found.n, LEAST_PAIRS)
        return
    heat = HeatMap.of(_by_gpa_and_aid(reader))
    dollars = "datum.value >= 1000 ? '$' + format(datum.value, '~s') : '$' + format(datum.value, ',d')"
    x = alt.X("aid:Q", title="Financial aid (US dollars)", scale=alt.Scale(nice=False)).axis(
        labelExpr=dollars, tickCount=6
    )
    y = alt.Y("gpa:Q", title="GPA (of 4.0)", scale=alt.Scale(domain=[0, HIGHEST])).axis(tickCount=4, format=".1f")
    cells = [
        {"aid": cell.aid, "aid to": cell.aid_to, "gpa": cell.gpa, "gpa to": cell.gpa_to, "records": cell.records}
        for cell in heat.cells
    ]
    averages = [
        {"aid": (column.aid + column.aid_to) / 2, "gpa": column.gpa, "records": column.records}
        for column in heat.columns
    ]
    tooltip = ["aid:Q", "aid to:Q", "gpa:Q", "gpa to:Q", _counted(reader)]
    squares = (
        charts.of(cells)
        .mark_rect(color=charts.ACCENT)
        .encode(
            x=x,
            x2="aid to:Q",
            y=y,
            y2="gpa to:Q",
            opacity=alt.Opacity("records:Q", title="Records", scale=alt.Scale(type="sqrt", range=[0.05, 0.85])).legend(
                None
            ),
            tooltip=tooltip,
        )
    )
    line = (
        charts.of(averages)
        .mark_line(point=alt.OverlayMarkDef(size=40, color=charts.ALARM), color=charts.ALARM)
        .encode(x=x, y=y, tooltip=[alt.Tooltip("gpa:Q", format=".2f", title="average GPA"), _counted(reader)])
    )
    who = noun(reader)
    note = f"{correlation_in_words(found, who)} The stronger a square, the more {who}; the line is the average GPA."
    if heat.columns[-1].aid >= AID_STEP * (AID_STEPS - 1):
        note += f" The last column is for {numbers.money(heat.columns[-1].aid)} and more."
    if heat.left_out:
        note += f" {numbers.count(heat.left_out)} left out: a GPA or an amount that cannot be."
    charts.draw(alt.layer(squares, line), _aid_title(found), key="metrics_aid", note=plain(note))


def correlation_in_words(found: Correlation, noun: str = "records") -> str:
    """Return what a correlation says, after Cohen's sizes of 1988, and what it does not."""
    interval = found.interval()
    if found.r is None or interval is None:
        return "One of both is the same in every record: there is no correlation."
    if interval[0] <= 0 <= interval[1]:
        return f"Over {numbers.count(found.n)} {noun}, no linear relation can be told from chance."
    sizes = ((0.1, "Hardly any"), (0.3, "A weak"), (0.5, "A moderate"))
    size = next((word for limit, word in sizes if abs(found.r) < limit), "A strong")
    way = "higher" if found.r > 0 else "lower"
    return f"{size} relation: more aid goes with {way} GPA. That does not say why."


def _aid_title(found: Correlation) -> str:
    interval = found.interval()
    if found.r is None or interval is None:
        return "Financial aid and GPA"
    r, low, high = (f"{round(value, 3) + 0:.3f}" for value in (found.r, *interval))  # + 0: no "-0.000"
    return f"Financial aid and GPA: r = {r}, 95 % interval {low} to {high}"
