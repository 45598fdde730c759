"""What of a source is synced: enabling and disabling schemas, tables and columns."""

from collections.abc import Mapping
from typing import Final, TypeVar

from fivetran_local.yaml_problems import choices
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.fivetran_api import Connection, FivetranApi, FivetranApiError, SchemaConfig
from fivetran_tools.fivetran_api.models import PatchSettings

_NONE_YET: Final = "NotFound_SchemaConfig"
_Part = TypeVar("_Part")


def schema_config(api: FivetranApi, connection: Connection) -> SchemaConfig:
    """Return a connection's schema config.

    Raises:
        CommandError: there is none yet, or Fivetran refuses.
    """
    try:
        return api.schemas(connection.id)
    except FivetranApiError as error:
        if error.code != _NONE_YET:
            raise
        reload = api.address.command(f"schemas reload {connection.id}")
        text = f"{error}; the first sync makes one, and so does {reload}"
        raise FivetranApiError(text, status=error.status, code=error.code, message=error.message) from None


def set_enabled(api: FivetranApi, connection: Connection, place: tuple[str, ...], *, enabled: bool) -> SchemaConfig:
    """Enable or disable what a place names: a schema, a table of it, or a column of that.

    Raises:
        UsageError: there is no such thing.
        CommandError: Fivetran does not allow it, or there is no schema config yet.
    """
    config = schema_config(api, connection)
    schema = _known(config.schemas, place[0], "schema", connection.schema_name)
    settings = PatchSettings()
    if len(place) > 1:
        settings = _known(schema.tables, place[1], "table", place[0]).enabled_patch_settings
    if len(place) > 2:
        columns = api.columns(connection.id, place[0], place[1])
        settings = _known(columns, place[2], "column", place[1]).enabled_patch_settings
    if not settings.allowed:
        word = "enabled" if enabled else "disabled"
        reason = settings.reason or settings.reason_code or "Fivetran gives no reason"
        message = f"{'.'.join(place)} cannot be {word}: {reason}"
        raise CommandError(message)
    return api.set_enabled(connection.id, place, enabled=enabled)


def _known(parts: Mapping[str, _Part], name: str, kind: str, around: str) -> _Part:
    if name in parts:
        return parts[name]
    message = f"{around} has no {kind} {name!r}: {choices(name, sorted(parts))}"
    raise UsageError(message)
