"""AI insights: a question in one of four focus areas, answered step by step, every number with its source."""

import os
from typing import Final

import streamlit as st

from cohort.cohort import Place
from insights.areas.catalog import BY_KEY
from insights.history.opening import history_of
from insights.providers.protocol import Provider
from insights.report import Question, Report
from insights.run import Keep, Run
from views import insights_choose, insights_run
from views.reader import Reader

RUN: Final = "insights_run"
"""Where a session has its run: the one that goes on, or the last."""


def show(reader: Reader) -> None:
    """Draw the page."""
    st.title("AI insights")
    run: Run | None = st.session_state.get(RUN)
    running = run is not None and not run.seen().ended
    few = insights_choose.too_few(reader)
    question, provider = insights_choose.question(reader, running=running)
    left, middle, _ = st.columns([1, 1, 3])
    if run is not None and running:
        left.button("Stop", key="insights_stop", icon=":material/stop:", on_click=run.stop, width="stretch")
    else:
        begin = (question, provider, reader.place)
        left.button(
            "Start", key="insights_start", type="primary", icon=":material/play_arrow:", on_click=_begin, args=begin,
            width="stretch", disabled=few,
        )  # fmt: skip
        if provider.sends_to is not None:
            middle.button(
                "Preview the prompt", key="insights_preview", on_click=_begin, args=begin, kwargs={"only_prompt": True},
                width="stretch", disabled=few,
            )  # fmt: skip
    if run is not None:
        insights_run.watch(run)
    else:
        insights_run.plan(BY_KEY[question.area])


def _begin(question: Question, provider: Provider, place: Place, *, only_prompt: bool = False) -> None:
    before: Run | None = st.session_state.get(RUN)
    if before is not None and not before.seen().ended:
        return  # a second click on the same button
    run = Run(question, place, provider, _keep(place), only_prompt)
    st.session_state[RUN] = run
    run.start()


def _keep(place: Place) -> Keep:
    environment = dict(os.environ)

    def keep(report: Report) -> None:
        history_of(environment, place).add(report)

    return keep
