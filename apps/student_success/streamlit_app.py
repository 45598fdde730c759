"""StudentSuccess: from synced rows to early help for freshmen.

./fivetran app                  from the project's checkout
streamlit run streamlit_app.py  anywhere else
"""

import os
from collections.abc import Callable

import streamlit as st

from cohort.cohort import Cohort
from cohort.filters import EVERYBODY
from settings import place_of
from views import brand, sidebar, states
from views.reader import DataChangedError, Reader, known_columns
from warehouse.errors import NoWarehouseError, WarehouseError


def main() -> None:
    """Draw the page that the address names."""
    brand.configure()
    pages = [
        st.Page(_metrics, title="Metrics", icon=":material/monitoring:", url_path="metrics", default=True),
        st.Page(_alerts, title="Early alerts", icon=":material/notifications_active:", url_path="alerts"),
        st.Page(_insights, title="AI insights", icon=":material/lightbulb:", url_path="insights"),
        st.Page(_history, title="Insights history", icon=":material/history:", url_path="history"),
        st.Page(_explorer, title="Data explorer", icon=":material/table_view:", url_path="explorer"),
    ]
    page = st.navigation(pages)
    brand.show(page.title)
    page.run()


def _shown(show: Callable[[Reader], None], *, filtered: bool = True) -> None:
    """Show a page on the student records, or what is wrong with them."""
    try:
        place = place_of(os.environ, _secrets())
        cohort = Cohort(place)
        try:
            if st.session_state.pop("data_changed", False):
                cohort.open()  # nothing is landed in a file while it is open
            version = place.warehouse.version()
            cohort.known_columns = known_columns(cohort, version)
            everybody = Reader(cohort, EVERYBODY, version)
            records = sidebar.freshness(everybody)
            filters = sidebar.choose(everybody, show.__module__) if filtered else sidebar.keep(show.__module__)
            if not records:
                raise NoWarehouseError(f"{place.table} in {place.warehouse.place} has no rows yet")
            show(Reader(cohort, filters, version))
        finally:
            cohort.close()
    except DataChangedError:
        st.session_state["data_changed"] = True
        st.rerun()
    except WarehouseError as error:
        states.wrong(error)


def _secrets() -> dict[str, object]:
    try:
        return st.secrets.to_dict()
    except FileNotFoundError:  # no secrets are no mistake: this machine's warehouse needs none
        return {}


# Each page's modules are imported when somebody first opens it: the model's libraries take longer than the metrics.
def _metrics() -> None:
    from views import metrics

    _shown(metrics.show)


def _alerts() -> None:
    from views import alerts

    _shown(alerts.show)


def _insights() -> None:
    from views import insights

    _shown(insights.show)


def _history() -> None:
    from views import history

    _shown(history.show, filtered=False)  # its reports say whom each is about


def _explorer() -> None:
    from views import explorer

    _shown(explorer.show)


main()
