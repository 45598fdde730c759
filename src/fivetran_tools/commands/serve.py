"""The words of `serve`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fivetran_tools.commands.vocabulary import DONE, Examples
from fivetran_tools.local_place import FOLDER_VARIABLE, PORT, PORT_VARIABLE

if TYPE_CHECKING:
    from fivetran_tools.serving.serve import Announcement


@click.command(
    cls=Examples,
    short_help="Run Fivetran on this machine: REST API, web page, syncs.",
    example="./fivetran serve --simulate hed\n./fivetran connection create hed --local --simulate",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help=f"Port on 127.0.0.1; 0 for any that is free.  [env: {PORT_VARIABLE}; default: {PORT}]",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"Keep account, warehouses and logs there.  [env: {FOLDER_VARIABLE}; default: files/]",
)
@click.option(
    "--simulate",
    multiple=True,
    metavar="NAME",
    help="Run the simulator of connector NAME's source meanwhile; may be repeated.",
)
@click.option("--control", is_flag=True, help="Open the control door, /_local/, for tests: faults, seeds, the clock.")
@click.option(
    "--function-ports-from",
    type=click.IntRange(1024, 65000),
    metavar="PORT",
    help="Move every function to a free port from PORT on; connections follow.",
)
@click.option(
    "--sync-hours",
    type=click.FloatRange(min=0),
    default=6.0,
    help="Stop a sync after so many hours; the next one goes on.  [default: 6, as Fivetran does]",
)
@click.option("--announce-json", is_flag=True, hidden=True)
def serve(
    *,
    port: int | None,
    folder: Path | None,
    simulate: tuple[str, ...],
    control: bool,
    function_ports_from: int | None,
    sync_hours: float,
    announce_json: bool,
) -> int:
    """Run Fivetran on this machine until Ctrl-C: its REST API, a web page, and the syncs of its connections.

    Each function of deploy.yaml is staged and started when a connection calls it. A sync that runs when this ends, or
    is killed, goes on at the next start.
    """
    from fivetran_tools.local_place import local_files, local_port
    from fivetran_tools.project import Project
    from fivetran_tools.serving.serve import ServeOptions
    from fivetran_tools.serving.serve import serve as run

    project = Project.here()
    options = ServeOptions(
        port=local_port() if port is None else port,
        folder=folder or local_files(project.root),
        control=control,
        simulate=simulate,
        function_ports_from=function_ports_from,
        sync_hours=sync_hours,
    )
    run(project, options, _say_as_json if announce_json else _say)
    return DONE


def _say(said: "Announcement") -> None:
    from fivetran_local.control.door import PREFIX, TOKEN_HEADER

    lines = [
        f"Fivetran on this machine: {said.page}",
        f"REST API: {said.url}/v1, with the key and the secret in {said.credentials}",
        f"Warehouse: {said.warehouse}",
        *(["Functions, started when they are called:"] if said.functions else []),
        *(f"  {function.name} {function.url}" for function in said.functions),
    ]
    for name, configuration in said.simulated.items():
        lines.append(f"Simulated source of {name}, whose connection these settings make:")
        lines += [f"  {key} {value}" for key, value in configuration.items()]
    if said.control_token is not None:
        lines.append(f"Control door: {said.url}{PREFIX}/, with the header {TOKEN_HEADER}: {said.control_token}")
    lines.append("Ctrl-C ends it; a sync that runs then goes on at the next start.")
    click.echo("\n".join(lines))


def _say_as_json(said: "Announcement") -> None:
    import json

    document = {
        "url": said.url,
        "page": said.page,
        "warehouse": str(said.warehouse),
        "functions": [function.to_wire() for function in said.functions],
        "simulated": {name: dict(configuration) for name, configuration in said.simulated.items()},
    }
    click.echo(json.dumps(document))
