"""A run as it happens: its steps with their numbers and SQL, the words as they come, and the report."""

import streamlit as st

from insights.answer import parted
from insights.areas.catalog import BY_KEY
from insights.download import as_markdown
from insights.figures import Findings
from insights.heading import heading
from insights.run import Run, Seen
from insights.workflow import Area, StepDone, StepFailed
from views import numbers
from views.insights_text import inert
from views.text import plain

POLL_SECONDS = 0.4


def watch(run: Run) -> None:
    """Draw a run, again and again until it has ended."""
    running = not run.seen().ended
    st.fragment(_draw, run_every=POLL_SECONDS if running else None)(run, was_running=running)


def plan(area: Area) -> None:
    """Draw an area's steps before anything has run."""
    _steps(area, Seen())


def _draw(run: Run, *, was_running: bool) -> None:
    seen = run.seen()
    if was_running and seen.ended:
        st.rerun()  # the page's buttons change, and nothing is asked again and again any more
    st.subheader(run.area.title)
    _steps(run.area, seen)
    if not seen.ended:
        _words(seen)
    elif seen.report:
        _report(seen)
    elif seen.error:
        st.error(plain(seen.error), icon=":material/error:")
    if seen.prompt and run.provider.sends_to is not None:
        with st.expander("The exact prompt", expanded=seen.ended and run.only_prompt):
            st.caption(f"Template {seen.prompt.template}, SHA-256 {seen.prompt.hash[:12]}")
            st.code(f"{seen.prompt.rules}\n\n{seen.prompt.question}", language=None, wrap_lines=True)


def _steps(area: Area, seen: Seen) -> None:
    done = {event.number: event for event in seen.events if isinstance(event, StepDone | StepFailed)}
    started = max((event.number for event in seen.events), default=0)
    for number, step in enumerate(area.steps, start=1):
        event = done.get(number)
        name = f"{number}. **{step.name}**: {step.finds}"
        if isinstance(event, StepDone):
            with st.expander(f":material/check: {name}"):
                _findings(event.findings)
        elif isinstance(event, StepFailed):
            st.markdown(f":material/block: {name}. {plain(f'Not done: {event.reason}.')}")
        elif number == started and not seen.ended:
            st.markdown(f":material/hourglass_top: {name} …")
        else:
            st.markdown(f":material/more_horiz: {name}")


def _findings(findings: Findings) -> None:
    st.markdown(inert("\n".join(f"- {statement}" for statement in findings.statements)))
    if findings.figures:
        rows = [
            {
                "Figure": figure.id,
                "What": figure.label,
                "Of": figure.group.name if figure.group else "all",
                "Value": figure.written,
                "Records": figure.behind if figure.assumed else numbers.count(figure.records),
            }
            for figure in findings.figures
        ]
        st.dataframe(rows, hide_index=True, width="stretch")
    for what in findings.left_out:
        st.caption(plain(f"Left out: {what}."))
    for sql in findings.sql:
        st.code(sql, language="sql")


def _words(seen: Seen) -> None:
    if seen.words:
        st.markdown(inert(seen.words))
        st.caption("Being written. Its numbers are checked when it is whole.")
    elif seen.prompt:
        st.caption("The figures are there; waiting for the first words.")


def _report(seen: Seen) -> None:
    report = seen.report
    if report is None:
        return
    if report.outcome == "failed":
        st.error(plain(report.error or "It failed."), icon=":material/error:")
    elif report.outcome == "stopped":
        st.warning("Stopped. This is what there was.", icon=":material/stop_circle:")
    if report.text:
        text, sources = parted(report.text)
        with st.container(border=True):
            st.markdown(inert(heading(report, BY_KEY[report.question.area].title)))
            st.markdown(inert(text))
            if sources:
                with st.expander("Sources"):
                    st.markdown(inert(sources))
    st.caption(f"It took {report.seconds:.1f} s.")
    if seen.not_kept:
        st.warning(plain(f"Not kept in the history: {seen.not_kept}. Download it to keep it."))
    st.download_button(
        "Download as Markdown",
        as_markdown(report, BY_KEY[report.question.area].title, seen.prompt),
        file_name=f"{report.question.area}-{report.made_at:%Y%m%d-%H%M%S}.md",
        mime="text/markdown",
        key="insights_download",
        icon=":material/download:",
    )
