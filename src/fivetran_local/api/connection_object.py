"""A connection as the REST API shows it: no secret in it, times in UTC, what is not known as null."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from fivetran_local.account.settings import Alert, SetupTest
from fivetran_local.api.pagination import stamp
from fivetran_local.function_config import RUNS_HERE, masked_config
from fivetran_local.syncing.view import ConnectionView, SyncState

SERVICE_VERSION: Final = 1


def connection_object(view: ConnectionView, *, with_tests: bool = False) -> dict[str, Any]:
    """Return a connection as `data`.

    Args:
        view: the connection at one moment.
        with_tests: whether its setup tests were just run, and are part of it.
    """
    settings = view.settings
    shown: dict[str, Any] = {
        "id": settings.id,
        "group_id": settings.group_id,
        "service": settings.service,
        "service_version": SERVICE_VERSION,
        "schema": settings.schema,
        "connected_by": settings.connected_by,
        "created_at": stamp(settings.created_at),
        "succeeded_at": _stamp(view.outcomes.succeeded_at),
        "failed_at": _stamp(view.outcomes.failed_at),
        "paused": settings.paused,
        "pause_after_trial": settings.pause_after_trial,
        "sync_frequency": settings.sync_frequency,
        "daily_sync_time": settings.daily_sync_time,
        "schedule_type": settings.schedule_type.value,
        "data_delay_sensitivity": settings.data_delay_sensitivity,
        "data_delay_threshold": settings.data_delay_threshold,
        "networking_method": settings.networking_method,
        "destination_schema_names": settings.destination_schema_names,
        "status": _status(view),
        "config": _config(view),
    }
    if settings.connect_card_config is not None:
        shown["connect_card_config"] = dict(settings.connect_card_config)
    if with_tests:
        shown["setup_tests"] = setup_tests(settings.setup_tests)
    return shown


def setup_tests(tests: Iterable[SetupTest]) -> list[dict[str, str]]:
    """Return how setup tests ended."""
    return [{"title": test.title, "status": test.status.value, "message": test.message} for test in tests]


def service_account(group_id: str) -> str:
    """Return the address that Fivetran would call a group's functions as. Nobody has it: nothing here asks Google."""
    return f"g-{group_id.replace('_', '-')}@local-fivetran.invalid"


def _status(view: ConnectionView) -> dict[str, Any]:
    rescheduled = view.sync_state is SyncState.RESCHEDULED
    return {
        "setup_state": view.settings.setup_state.value,
        "schema_status": "ready",
        "sync_state": view.sync_state.value,
        "update_state": "delayed" if view.is_delayed else "on_schedule",
        "is_historical_sync": view.is_historical_sync,
        "tasks": [_alert(task) for task in view.settings.tasks],
        "warnings": [_alert(warning) for warning in view.settings.warnings],
        "rescheduled_for": _stamp(view.settings.rescheduled_for) if rescheduled else None,
    }


def _config(view: ConnectionView) -> dict[str, Any]:
    config = masked_config(view.settings.config)
    if view.settings.service == RUNS_HERE:
        config["service_account_email"] = service_account(view.settings.group_id)
    return config


def _alert(alert: Alert) -> dict[str, str]:
    return {"code": alert.code, "message": alert.message, "details": alert.details}


def _stamp(at: datetime | None) -> str | None:
    return stamp(at) if at else None
