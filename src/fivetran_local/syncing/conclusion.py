"""What the end of a sync makes of its connection's settings. Decisions only: nothing here writes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from fivetran_local.account.settings import Alert, ConnectionSettings, SetupState, Wanted
from fivetran_local.engine import SyncOutcome
from fivetran_local.records import SyncStatus
from fivetran_local.schema_edits import after_success
from fivetran_local.syncing.one_sync import Sync
from fivetran_local.syncing.telling import RECONNECT
from fivetran_local.syncing.view import Outcomes

SYNC_FAILED: Final = "sync_failed"
"""The task of a connection whose last sync failed, whatever the reason."""


def after(outcome: SyncOutcome, again: Wanted | None) -> dict[str, Any]:
    """Return the fields that a sync's end changes in the settings of its connection.

    Args:
        outcome: how it ended.
        again: what was asked for meanwhile in its place.
    """
    if outcome.status is SyncStatus.CANCELED:
        return {}  # it is still wanted, as is whatever it was canceled for
    changes: dict[str, Any] = {"wanted": again}
    if outcome.status is SyncStatus.FAILED:
        code = RECONNECT if outcome.settings_refused else SYNC_FAILED
        changes["tasks"] = (Alert(code, "The last sync failed", outcome.reason or ""),)
        if outcome.settings_refused:
            changes["setup_state"] = SetupState.BROKEN
    else:
        changes["tasks"] = ()
        changes["warnings"] = tuple(Alert(finding.rule, str(finding)) for finding in outcome.warnings)
        changes["setup_state"] = SetupState.CONNECTED
    return changes


def changed(old: ConnectionSettings, changes: Mapping[str, Any], sync: Sync, outcomes: Outcomes) -> ConnectionSettings:
    """Return the settings of a connection after a sync of it.

    Args:
        old: the settings as they now are.
        changes: what `after` gave.
        sync: the sync that ended.
        outcomes: what the warehouse says after it.
    """
    left_out = set()
    if old.config != sync.settings.config:
        left_out.add("setup_state")  # a sync of another configuration says nothing of this one
    if old.wanted is Wanted.RESYNC and sync.running.wanted is Wanted.SYNC:
        left_out.add("wanted")  # that was asked for meanwhile
    new = replace(old, **{name: value for name, value in changes.items() if name not in left_out})
    if new.setup_state is SetupState.BROKEN and not any(task.code == RECONNECT for task in new.tasks):
        still = tuple(task for task in old.tasks if task.code == RECONNECT)
        new = replace(new, tasks=(*still, *new.tasks))  # it is still to be done
    if outcomes.succeeded_at:
        new = replace(new, schemas=after_success(old.schemas, historical=outcomes.historical))
    return new
