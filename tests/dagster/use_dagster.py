"""Uses dagster-fivetran as its documentation does, by its own Python; prints one line of JSON.

    use_dagster.py VERB CONNECTION_ID

The address of the API is the one thing that is changed: `FIVETRAN_API_BASE`, which has no setting. It and the
credentials are read from the environment.
"""

import json
import os
import sys
from typing import Any

import dagster
import dagster_fivetran.resources
from dagster_fivetran import FivetranWorkspace, build_fivetran_assets_definitions

dagster_fivetran.resources.FIVETRAN_API_BASE = os.environ["FIVETRAN_API_URL"]


def assets(workspace: FivetranWorkspace, _: str) -> dict[str, Any]:
    """List what the workspace has: connections, destinations and one asset for each table."""
    data = workspace.fetch_fivetran_workspace_data()
    return {
        "connections": {one.id: one.name for one in data.connectors_by_id.values()},
        "destinations": {one.id: one.service for one in data.destinations_by_id.values()},
        "assets": sorted(spec.key.to_user_string() for spec in workspace.load_asset_specs()),
    }


def sync(workspace: FivetranWorkspace, connection_id: str) -> dict[str, Any]:
    """Sync a connection and poll to its end."""
    client = workspace.get_client()
    try:
        output = client.sync_and_poll(connection_id, poll_interval=0.5, poll_timeout=60)
    except dagster.Failure as failure:
        return {"failure": failure.description}
    return {"skipped": output is None, "schemas": sorted(output.schema_config["schemas"]) if output else []}


def resync(workspace: FivetranWorkspace, connection_id: str) -> dict[str, Any]:
    """Sync a connection once more from its beginning."""
    output = workspace.get_client().resync_and_poll(connection_id, poll_interval=0.5, poll_timeout=60)
    return {"skipped": output is None}


def materialize(workspace: FivetranWorkspace, connection_id: str) -> dict[str, Any]:
    """Materialize the assets of a connection, as a run of dagster's does."""
    definitions = build_fivetran_assets_definitions(
        workspace=workspace, connector_selector_fn=lambda connection: connection.id == connection_id
    )
    result = dagster.materialize(definitions, resources={"fivetran": workspace})
    made = result.get_asset_materialization_events()
    return {"success": result.success, "assets": sorted(event.asset_key.to_user_string() for event in made)}


def main(verb: str, connection_id: str) -> None:
    key, secret = os.environ["FIVETRAN_API_KEY"], os.environ["FIVETRAN_API_SECRET"]
    workspace = FivetranWorkspace(account_id="local", api_key=key, api_secret=secret)
    verbs = {"assets": assets, "sync": sync, "resync": resync, "materialize": materialize}
    print(json.dumps(verbs[verb](workspace, connection_id)))


if __name__ == "__main__":
    main(*sys.argv[1:])
