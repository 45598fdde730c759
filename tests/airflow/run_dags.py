"""Does with Airflow what it is told, by Airflow's own Python: a line of JSON on standard input, a line of JSON back.

Airflow, the provider and the files in dags/ are what they are. Only the DAG's pace is another one: polls and retries
come after a second, and `deferrable` is as the line says. Everything that Airflow logs goes to standard error.

- `{"run": {"deferrable": bool, "variables": {name: text}, "params": {...}, "retries": n, "hold": bool}}` runs the DAG;
  with "hold", a trigger starts only when Fivetran says that no sync is running
- `{"check": [warehouse, table, max_age_hours]}` calls the last task's function
- `{"plugin": [address, ...]}` loads the plugin with each address, and says where the provider would call
- `{"snippet": code}` defines what a page of the documentation shows in place of the last task
- `{"describe": null}` says what the DAG is
"""

import json
import os
import sys
import textwrap
import time
from datetime import timedelta
from typing import Any

from airflow import plugins_manager
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.definitions import dag as dag_module
from fivetran_provider_async.hooks import FivetranHook, FivetranHookAsync

HOLD_SECONDS = 30
PACE_SECONDS = 1


class Triggers:
    """Counts the triggers that ran, and holds them back where that was asked for."""

    def __init__(self) -> None:
        self.ran = 0
        self.hold = False
        self._run = dag_module._run_inline_trigger
        dag_module._run_inline_trigger = self.run

    def run(self, trigger: Any, task_instance: Any) -> Any:
        self.ran += 1
        deadline = time.monotonic() + HOLD_SECONDS
        while self.hold and time.monotonic() < deadline:
            if FivetranHook().get_connector(trigger.connector_id)["status"]["sync_state"] != "syncing":
                break
            time.sleep(0.1)
        return self._run(trigger, task_instance)


TRIGGERS = Triggers()


def run(wanted: dict[str, Any]) -> dict[str, Any]:
    for name, value in wanted["variables"].items():
        os.environ[f"AIRFLOW_VAR_{name.upper()}"] = value
    dag = load().dags["hed"]
    for task in dag.tasks:
        task.retries, task.retry_delay = wanted.get("retries", task.retries), timedelta(seconds=PACE_SECONDS)
    sync, wait = dag.get_task("sync"), dag.get_task("wait")
    sync.deferrable = wait.deferrable = wanted["deferrable"]
    sync.poll_frequency = wait.poke_interval = PACE_SECONDS
    TRIGGERS.ran, TRIGGERS.hold = 0, wanted.get("hold", False)
    ended = dag.test(run_conf=wanted.get("params"))
    tasks = ended.get_task_instances()
    return {
        "state": str(ended.state),
        "tasks": {one.task_id: str(one.state) for one in tasks},
        "tries": {one.task_id: one.try_number for one in tasks},
        "triggers": TRIGGERS.ran,
    }


def check(wanted: list[Any]) -> dict[str, Any]:
    task = load().dags["hed"].get_task("check_rows")
    try:
        return {"returned": task.python_callable(*wanted)}
    except ValueError as error:
        return {"raised": str(error)}


def plugin(addresses: list[str]) -> dict[str, Any]:
    [loaded] = [one for one in plugins_manager._get_plugins()[0] if one.name == "local_fivetran"]
    at_start, answers = os.environ["FIVETRAN_LOCAL_URL"], []
    for address in addresses:
        os.environ["FIVETRAN_LOCAL_URL"] = address
        FivetranHook.api_protocol, FivetranHook.api_host = "https", "api.fivetran.com"
        refused = ""
        try:
            loaded.on_load()
        except ValueError as error:
            refused = str(error)
        try:
            hook = FivetranHookAsync()
            answers.append({"refused": refused, "calls": f"{hook.api_protocol}://{hook.api_host}"})
        except ValueError as error:
            answers.append({"refused": refused, "fails": str(error)})
    os.environ["FIVETRAN_LOCAL_URL"] = at_start
    loaded.on_load()
    return {"answers": answers}


def snippet(code: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with dag_module.DAG("snippet"):
        exec(textwrap.dedent(code), names)
    return {"type": names["rows"].task_type, "task": names["rows"].task_id}


def load() -> DagBag:
    bag = DagBag(safe_mode=False)  # every file that is not ignored, and not only those that look like a DAG
    if bag.import_errors:
        raise SystemExit(str(bag.import_errors))
    return bag


def describe(_: None) -> dict[str, Any]:
    bag = load()
    dag = bag.dags["hed"]
    tasks = {
        task.task_id: {
            "type": task.task_type,
            "owner": task.owner,
            "retries": task.retries,
            "retry_delay": task.retry_delay.total_seconds(),
            "execution_timeout": task.execution_timeout.total_seconds(),
            "doc": task.doc_md,
            "upstream": sorted(task.upstream_task_ids),
            "deferrable": getattr(task, "deferrable", None),
        }
        for task in dag.tasks
    }
    return {
        "files": sorted(path.rpartition("/")[2] for path in bag.file_last_changed),
        "dags": sorted(bag.dags),
        "schedule": dag.schedule,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "tasks": tasks,
    }


VERBS = {"run": run, "check": check, "plugin": plugin, "snippet": snippet, "describe": describe}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        [(verb, wanted)] = json.loads(line).items()
        answer = VERBS[verb](wanted)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
