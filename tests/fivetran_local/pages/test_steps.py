"""Where a set-up stands is told by the connection alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fivetran_local.account.settings import ConnectionSettings, SchemaSettings, SetupState, Wanted
from fivetran_local.pages.steps import Step, progress_of
from fivetran_local.syncing.view import ConnectionView, Outcomes, RunningSync

NOW = datetime(2026, 3, 1, tzinfo=UTC)
NEW = ConnectionSettings(
    id="a",
    group_id="g",
    service="google_cloud_function",
    schema="s",
    created_at=NOW,
    config={"function_trigger": "http://x"},
)
TESTED = replace(NEW, setup_state=SetupState.CONNECTED)
CHOSEN = replace(TESTED, schemas=SchemaSettings())
RUNNING = RunningSync("id", NOW, Wanted.SYNC)
NEVER = Outcomes()


@pytest.mark.parametrize(
    ("settings", "outcomes", "running", "step"),
    [
        (replace(NEW, config={}), NEVER, None, Step.SETTINGS),
        (NEW, NEVER, None, Step.TEST),
        (replace(NEW, setup_state=SetupState.BROKEN), NEVER, None, Step.TEST),
        (TESTED, NEVER, None, Step.SCHEMA),
        (CHOSEN, NEVER, None, Step.SYNC),
        (CHOSEN, NEVER, RUNNING, Step.SYNC),
        (replace(CHOSEN, wanted=Wanted.SYNC), NEVER, None, Step.SYNC),
        (CHOSEN, Outcomes(failed_at=NOW), None, Step.SYNC),
        (CHOSEN, Outcomes(succeeded_at=NOW, historical=True), None, Step.SYNC),
        (CHOSEN, Outcomes(succeeded_at=NOW, historical=False), None, Step.DONE),
        (CHOSEN, Outcomes(NOW, NOW + timedelta(1), historical=False), None, Step.DONE),
    ],
)
def test_where_a_set_up_stands(settings, outcomes, running, step):
    progress = progress_of(ConnectionView(settings, outcomes, running, NOW))
    assert progress.now is step
    over = [other for other in Step if progress.is_over(other)]
    assert over == (list(Step) if step is Step.DONE else list(Step)[: list(Step).index(step)])
