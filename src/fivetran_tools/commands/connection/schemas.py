"""The words of `connection schemas show`, `enable`, `disable` and `reload`."""

import click

from fivetran_tools.commands.connection.words import as_json, opened_at, print_json, which_connection, which_fivetran
from fivetran_tools.commands.vocabulary import Examples
from fivetran_tools.errors import UsageError


@click.group(short_help="What of the source is synced.")
def schemas() -> None:
    """Choose which schemas, tables and columns are synced."""


@schemas.command(cls=Examples, short_help="Show them.", example="./fivetran connection schemas show hed --local")
@which_connection
@as_json
@which_fivetran
def show(connection: str, api_url: str | None, *, data: bool, local: bool) -> None:
    """Show the schemas and tables of CONNECTION, and the columns that are not set as their table."""
    from fivetran_tools.connections import terminal
    from fivetran_tools.connections.schemas import schema_config

    with opened_at(connection, api_url, local) as (api, found):
        config = schema_config(api, found)
    if data:
        print_json(config.data)
    else:
        terminal.show_schemas(terminal.wide_console(), config)


@schemas.command(
    cls=Examples, short_help="Sync one.", example="./fivetran connection schemas enable hed hed hed_records --local"
)
@which_connection
@click.argument("schema")
@click.argument("table", required=False)
@click.argument("column", required=False)
@which_fivetran
def enable(
    connection: str, schema: str, table: str | None, column: str | None, api_url: str | None, *, local: bool
) -> None:
    """Sync a SCHEMA, a TABLE or a COLUMN of CONNECTION."""
    _set((schema, table, column), connection, api_url, local=local, enabled=True)


@schemas.command(
    cls=Examples,
    short_help="Leave one out.",
    example="./fivetran connection schemas disable hed hed hed_records notes --local",
)
@which_connection
@click.argument("schema")
@click.argument("table", required=False)
@click.argument("column", required=False)
@which_fivetran
def disable(
    connection: str, schema: str, table: str | None, column: str | None, api_url: str | None, *, local: bool
) -> None:
    """Leave a SCHEMA, a TABLE or a COLUMN of CONNECTION out; rows that are there stay."""
    _set((schema, table, column), connection, api_url, local=local, enabled=False)


@schemas.command(
    name="reload",
    cls=Examples,
    short_help="Ask the source anew.",
    example="./fivetran connection schemas reload hed --local",
)
@which_connection
@which_fivetran
def reload_schemas(connection: str, api_url: str | None, *, local: bool) -> None:
    """Have Fivetran ask the source of CONNECTION anew what there is to sync, and show it."""
    from fivetran_tools.connections import terminal

    with opened_at(connection, api_url, local) as (api, found):
        config = api.reload_schemas(found.id)
    terminal.show_schemas(terminal.wide_console(), config)


def _set(names: tuple[str | None, ...], connection: str, api_url: str | None, *, local: bool, enabled: bool) -> None:
    from fivetran_tools.connections.schemas import set_enabled

    place = tuple(name for name in names if name is not None)
    if not all(name.strip(".") for name in place):
        raise UsageError("a schema, table or column is missing its name")
    with opened_at(connection, api_url, local) as (api, found):
        set_enabled(api, found, place, enabled=enabled)
    click.echo(f"{'.'.join(place)} is {'synced' if enabled else 'left out'}")
