"""The schema configs of the connections: shown, made before the first sync, changed, reloaded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from fivetran_local.account.settings import ConnectionSettings, SchemaSettings, Wanted
from fivetran_local.catalog import KnownTable
from fivetran_local.connections import Connections
from fivetran_local.errors import ConflictError, NotFoundError
from fivetran_local.schema_config import ColumnConfig, SchemaConfig, schema_config
from fivetran_local.schema_edits import ExcludeMode, SchemaEdit, edited, needs_resync, reloaded
from fivetran_local.syncing.telling import Telling


class ConnectionSchemas:
    """What connections load. A change holds from the next sync on; one that runs goes on as it began.

    Every method raises `NotFoundError` where there is no such connection, and `WarehouseError` where its warehouse is
    busy for too long.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._telling = Telling(connections.events, connections.clock)

    def config(self, connection_id: str) -> SchemaConfig:
        """Return a connection's schema config.

        Raises:
            NotFoundError: it has none yet: its first sync makes it, or a reload.
        """
        connection = self._connections.settings(connection_id)
        if connection.schemas is None:
            raise NotFoundError("SchemaConfig", connection_id)
        return schema_config(connection.schema, connection.schemas, self._tables(connection))

    def create(self, connection_id: str, edit: SchemaEdit) -> SchemaConfig:
        """Make a connection's schema config before its first sync has, in place of one that was made so.

        Raises:
            ConflictError: a whole first sync has made it.
            InvalidInputError: what is asked for cannot be.
        """

        def made(config: SchemaConfig) -> SchemaSettings:
            if config.settings.captured:
                raise ConflictError("the connection has a schema config since its first sync: change it with PATCH")
            known = tuple(table for table in config.tables if table.is_known)
            return edited(SchemaConfig(config.schema, SchemaSettings(), known), edit, now)

        now = self._connections.clock.now()
        return self._change(connection_id, made, missing=SchemaSettings())

    def edit(self, connection_id: str, edit: SchemaEdit) -> SchemaConfig:
        """Change a connection's schema config, and re-sync where only that brings what is loaded again.

        Raises:
            NotFoundError: it has none yet, or there is no such table or column.
            InvalidInputError: what is asked for cannot be.
        """
        now = self._connections.clock.now()
        return self._change(connection_id, lambda config: edited(config, edit, now))

    def reload(self, connection_id: str, mode: ExcludeMode = ExcludeMode.PRESERVE) -> SchemaConfig:
        """Make a connection's schema config where there is none, and do with its tables as `mode` says."""
        now = self._connections.clock.now()
        return self._change(connection_id, lambda config: reloaded(config, mode, now), missing=SchemaSettings())

    def drop_columns(self, connection_id: str, columns: Mapping[str, Iterable[str]]) -> None:
        """Drop blocked columns from the warehouse, with their values, at once.

        Args:
            connection_id: whose.
            columns: by table; names as in the config.

        Raises:
            NotFoundError: there is no such table or column.
            ConflictError: a column is not blocked, or a sync is running.
        """
        config = self.config(connection_id)
        names = {}
        for key, keys in columns.items():
            table = config.table(key)
            names[table.name] = [_blocked(table.column(column), column) for column in keys]
        if self._connections.syncs.is_running(connection_id):
            raise ConflictError("columns cannot be dropped while a sync is running: pause the connection and wait")
        self._connections.warehouse(connection_id).drop_columns(config.schema, names)
        self._telling.happened(self._connections.settings(connection_id), "alter_table", {"drop_columns": names})

    def _tables(self, connection: ConnectionSettings) -> Mapping[str, KnownTable]:
        return self._connections.warehouse(connection.id).tables(connection.schema)

    def _change(
        self,
        connection_id: str,
        make: Callable[[SchemaConfig], SchemaSettings],
        missing: SchemaSettings | None = None,
    ) -> SchemaConfig:
        """Replace the settings; `missing` stands for those of a connection that has none."""
        connection = self._connections.settings(connection_id)
        known = self._tables(connection)
        last_started_at = self._connections.get(connection_id).outcomes.last_started_at
        started_over = False

        def changed(old: ConnectionSettings) -> ConnectionSettings:
            nonlocal started_over
            settings = old.schemas or missing
            if settings is None:
                raise NotFoundError("SchemaConfig", connection_id)
            before = schema_config(connection.schema, settings, known)
            new = make(before)
            started_over = needs_resync(before, new, last_started_at)
            # In one change: a table that is loaded again without the re-sync would lack what was left out for ever.
            return replace(old, schemas=new, wanted=Wanted.RESYNC if started_over else old.wanted)

        now = self._connections.store.revise(connection_id, changed)
        if now is None or now.schemas is None:
            raise NotFoundError("Connection", connection_id)
        if now.schemas != connection.schemas:
            self._telling.happened(connection, "change_schema_config_via_api")
        if started_over:
            self._connections.resync(connection_id)
        return schema_config(connection.schema, now.schemas, known)


def _blocked(column: ColumnConfig | None, key: str) -> str:
    """Return the name in the warehouse of a column that is blocked."""
    if column is None:
        raise NotFoundError("Column", key)
    if column.enabled:
        raise ConflictError(f"the column '{key}' is not blocked: only blocked ones are dropped")
    return column.name
