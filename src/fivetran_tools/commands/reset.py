"""The words of `reset`."""

from pathlib import Path

import click

from fivetran_tools.commands.vocabulary import FILE, Examples


@click.command(cls=Examples, short_help="Drop what debug made of NAME.", example="./fivetran reset hed")
@click.argument("name")
@click.option("--warehouse", type=FILE, help="DuckDB file to reset in.  [default: files/warehouse.db]")
def reset(name: str, warehouse: Path | None) -> None:
    """Drop what debug made of NAME: its tables, its state, its sync records."""
    from fivetran_tools.project import Project
    from fivetran_tools.reset import reset as run

    dropped = run(Project.here(), name, warehouse)
    if not dropped.syncs:
        click.echo(f"{name}: nothing to drop")
        return
    rows = f"{dropped.tables} tables with {dropped.rows:,} rows"
    click.echo(f"{name}: dropped {rows}, the state, and the records of {dropped.syncs} syncs")
