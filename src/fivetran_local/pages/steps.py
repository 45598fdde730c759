"""How far the set-up of a connection is: told by the connection alone, so that any browser can go on."""

from dataclasses import dataclass
from enum import StrEnum

from fivetran_local.account.settings import SetupState
from fivetran_local.function_config import trigger_of
from fivetran_local.syncing.view import ConnectionView


class Step(StrEnum):
    """The steps, in their order."""

    SETTINGS = "Settings"
    TEST = "Test"
    SCHEMA = "Schema"
    SYNC = "Initial sync"
    DONE = "Done"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a set-up stands."""

    now: Step

    def is_over(self, step: Step) -> bool:
        """Tell whether a step is behind."""
        order = list(Step)
        return self.now is Step.DONE or order.index(step) < order.index(self.now)

    @property
    def numbered(self) -> list[tuple[int, Step]]:
        """The steps with their numbers."""
        return list(enumerate(Step, 1))


def progress_of(view: ConnectionView) -> Progress:
    """Return where the set-up of a connection stands."""
    settings = view.settings
    if view.outcomes.succeeded_at and not view.is_historical_sync:
        return Progress(Step.DONE)
    if view.running or settings.wanted or view.outcomes.failed_at or view.outcomes.succeeded_at:
        return Progress(Step.SYNC)
    if not trigger_of(settings.config):
        return Progress(Step.SETTINGS)
    if settings.setup_state is not SetupState.CONNECTED:
        return Progress(Step.TEST)
    return Progress(Step.SYNC if settings.schemas else Step.SCHEMA)
