"""What a connection is doing, in a word or two, and why it needs somebody."""

from dataclasses import dataclass
from enum import StrEnum

from fivetran_local.account.settings import SetupState, Wanted
from fivetran_local.syncing.view import ConnectionView, SyncState


class Tone(StrEnum):
    """How a status looks; its word says the same."""

    GOOD = "good"
    ACTIVE = "active"
    IDLE = "idle"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Status:
    """One status."""

    word: str
    tone: Tone


def status_of(view: ConnectionView) -> Status:
    """Return what matters most about a connection."""
    if view.running:
        return Status(_kind(view), Tone.ACTIVE)
    if view.settings.setup_state is SetupState.BROKEN:
        return Status("Broken", Tone.BAD)
    if view.settings.setup_state is SetupState.INCOMPLETE:
        return Status("Not set up", Tone.WARNING)
    if is_failing(view):
        return Status("Failing, paused" if view.settings.paused else "Failing", Tone.BAD)
    match view.sync_state:
        case SyncState.SYNCING:
            return Status(_kind(view), Tone.ACTIVE)
        case SyncState.PAUSED:
            return Status("Paused", Tone.IDLE)
        case SyncState.RESCHEDULED:
            return Status("Rescheduled", Tone.WARNING)
    if view.is_delayed:
        return Status("Delayed", Tone.WARNING)
    return Status("Active", Tone.GOOD)


def is_failing(view: ConnectionView) -> bool:
    """Tell whether the last sync that ended did so in failure."""
    failed, succeeded = view.outcomes.failed_at, view.outcomes.succeeded_at
    return failed is not None and (succeeded is None or failed > succeeded)


def reason_of(view: ConnectionView) -> str:
    """Return why the last sync failed, or what the connection waits for somebody to do."""
    return next((task.details or task.message for task in view.settings.tasks), "")


def announcement(view: ConnectionView) -> str:
    """Return what a screen reader is told: a sentence that changes when a sync starts and when it ends, no oftener."""
    name = view.settings.schema
    if view.running:
        return f"{name}: {_kind(view).lower()} is under way."
    if is_failing(view):
        return f"{name}: the last sync failed. {reason_of(view)}"
    if view.outcomes.succeeded_at:
        return f"{name}: the last sync succeeded."
    return ""


def _kind(view: ConnectionView) -> str:
    wanted = view.running.wanted if view.running else view.settings.wanted
    if wanted is Wanted.RESYNC:
        return "Re-sync"
    return "Initial sync" if view.outcomes.historical and not view.outcomes.succeeded_at else "Syncing"
