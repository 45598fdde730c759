"""The calculator: what reaching the flagged students costs and keeps, under somebody's own assumptions."""

from typing import Final

import streamlit as st

from risk.costs import Assumptions, break_even, outcome, over_a_range
from views import kept, numbers

_WHOLE: Final = st.column_config.NumberColumn(format="localized")
_EXAMPLE: Final = {"tuition": 10_000.0, "cost": 200.0, "reach": 50.0, "effect": 5.0}


def show(flagged: int) -> None:
    """Draw the calculator; `flagged` is how many are, which is where the count starts."""
    st.caption(
        "Arithmetic on your assumptions. Nothing here is learnt from the records but the number of those flagged, and"
        " nothing says that an intervention has the effect that you enter."
    )
    for name in _EXAMPLE:
        kept.begin(f"alerts_{name}", None)
    left, right = st.columns(2)
    students = left.number_input(
        "Students flagged", 0, None, flagged, key=f"alerts_students_{flagged}",
        help="Begins with how many are flagged. Where records are counted, a student with several counts as often.",
    )  # fmt: skip
    tuition = right.number_input(
        "Net tuition of a student who stays (USD)", 0.0, None, None, 500.0, format="%.0f", key="alerts_tuition",
        placeholder="Your figure", help="What the student pays after aid, over the time that you count.",
    )  # fmt: skip
    cost = left.number_input(
        "Cost of helping one student (USD)", 0.0, None, None, 10.0, format="%.0f", key="alerts_cost",
        placeholder="Your figure", help="Staff time and all, for each student who takes part.",
    )  # fmt: skip
    reach = right.number_input(
        "Reach: of the flagged, how many take part (%)", 0.0, 100.0, None, 5.0, format="%.0f", key="alerts_reach",
        placeholder="Your assumption",
    )  # fmt: skip
    effect = left.number_input(
        "Effect: of those who take part, how many stay because of it (%)", 0.0, 100.0, None, 1.0, format="%.1f",
        key="alerts_effect", placeholder="Your assumption",
        help="They would have left otherwise. A trial can say; this page cannot.",
    )  # fmt: skip
    kept.keep(*(f"alerts_{name}" for name in _EXAMPLE))
    if tuition is None or cost is None or reach is None or effect is None:
        st.info("Enter your figures to see what follows.", icon=":material/calculate:")
        st.button("Fill in invented figures, to see how it works", on_click=_fill, key="alerts_example")
        return
    _outcome(Assumptions(int(students), tuition, cost, reach / 100, effect / 100))


def _outcome(assumed: Assumptions) -> None:
    result, even = outcome(assumed), break_even(assumed)
    first, second, third = st.columns(3)
    first.metric("Students kept, if so", numbers.number(result.kept, 1))
    second.metric("Income less cost, if so", numbers.money(result.net))
    third.metric(
        "Break-even effect",
        numbers.share(even),
        help="The effect at which income covers cost: cost divided by tuition.",
    )
    if even is None or even > 1:
        st.markdown("At this cost and tuition no effect covers the cost.")
    else:
        st.markdown(f"It pays for itself if at least {100 * even:.1f} of 100 who take part stay because of it.")
    st.dataframe(
        [
            {
                "If the effect is": 100 * row.effect,
                "Students kept": row.kept,
                "Income (USD)": round(row.income),
                "Cost (USD)": round(row.cost),
                "Income less cost (USD)": round(row.net),
            }
            for row in over_a_range(assumed)
        ],
        hide_index=True,
        width="stretch",
        column_config={
            "If the effect is": st.column_config.NumberColumn(format="%.1f %%"),
            "Students kept": st.column_config.NumberColumn(format="%.1f"),
            **{f"{name} (USD)": _WHOLE for name in ("Income", "Cost", "Income less cost")},
        },
        key="alerts_range",
    )
    st.caption(
        f"Assumed: {assumed.flagged:,} flagged, each one student; {numbers.share(assumed.reach, 0)} of them take part;"
        " each who takes part costs the same and has the same chance to stay because of it; those who stay pay in full."
    )


def _fill() -> None:
    for name, value in _EXAMPLE.items():
        st.session_state[f"alerts_{name}"] = value
