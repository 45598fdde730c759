"""The process that Google runs: what can only be seen from outside it."""

import json
import subprocess
import sys

import pytest
import requests

from tests.support.function_process import SRC, function_process
from tests.support.functions import FUNCTIONS
from tests.support.scripted_source import document, scripted_source

PROJECT = SRC.parent
WHAT_A_FUNCTION_MAY_IMPORT = {"fivetran_function", "fivetran_protocol", "orjson", "requests", "urllib3"}
WHAT_REQUESTS_BRINGS = {
    "certifi",
    "charset_normalizer",
    "chardet",
    "idna",
    "brotli",
    "brotlicffi",
    "zstandard",
    "simplejson",
}


def test_a_sync_over_http():
    state, pages = {}, []
    with function_process("reads_pages", GOOGLE_CLOUD_PROJECT="p1") as function, requests.Session() as fivetran:
        while not pages or pages[-1]["hasMore"]:
            body = {"agent": "test", "state": state, "secrets": {}, "sync_id": "s1", "setup_test": False}
            answer = fivetran.post(function.url, json=body, headers={"X-Cloud-Trace-Context": "abc/1"}, timeout=10)
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
            pages.append(answer.json())
            state = pages[-1]["state"]
        refused = fivetran.get(function.url, timeout=10)
        assert (refused.status_code, refused.json()["errorType"]) == (405, "MethodNotAllowedError")
    assert [row["id"] for page in pages for row in page["insert"]["users"]] == [0, 1, 2, 3, 4, 5]
    lines = [json.loads(line) for line in function.out]
    assert [line.get("page") for line in lines] == [1, 2, 3, None]
    assert {line["logging.googleapis.com/trace"] for line in lines[:3]} == {"projects/p1/traces/abc"}
    assert "Traceback" not in "".join(function.err)


def test_with_google_s_execution_ids_nothing_is_written_twice_and_no_secret_at_all():
    """Where LOG_EXECUTION_ID is set, functions-framework has a log handler of its own, which redacts nothing."""
    body = {"state": {"forms": ["canary-1"], "fail": "SystemExit"}, "secrets": {"key": "canary-1", "region": "eu"}}
    with function_process("tells_its_secrets", LOG_EXECUTION_ID="true") as function:
        answer = requests.post(function.url, json=body, timeout=10, headers={"Function-Execution-Id": "e1"})
        again = requests.post(function.url, json=body, timeout=10)
        assert answer.status_code == again.status_code == 500
    written = "".join(function.out + function.err) + answer.text
    assert "canary" not in written
    lines = [json.loads(line) for line in function.out]
    assert [line["severity"] for line in lines] == ["WARNING", "INFO", "ERROR", "ERROR"] * 2
    assert lines[0]["logging.googleapis.com/labels"] == {"execution_id": "e1"}
    assert "starting with" not in "".join(function.err)


def test_a_source_is_asked_through_one_connection_from_one_process():
    with scripted_source(document({"users": [{"id": 1}]})) as source, function_process("asks_a_source") as function:
        body = {"state": {}, "secrets": {"base_url": source.url, "api_key": "key"}}
        for _ in range(3):
            assert requests.post(function.url, json=body, timeout=10).json()["insert"] == {"users": [{"id": 1}]}
    assert source.connections == 1


def imports_beyond_the_framework(main):
    """Return the top-level modules that importing a function adds to what functions-framework has, in a new process."""
    program = (
        "import sys, runpy, functions_framework, gunicorn.app.base\n"
        "before = set(sys.modules)\n"
        f"sys.path.insert(0, {str(SRC)!r})\n"
        f"runpy.run_path({str(main)!r})\n"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(names - set(sys.stdlib_module_names)))\n"
        "print('google.cloud.secretmanager' in sys.modules, 'grpc' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    names, secret_manager = done.stdout.splitlines()
    # What Cython's modules share is made by them, not imported.
    return {name for name in names.split() if "cython" not in name}, secret_manager


@pytest.mark.parametrize(
    "main",
    [FUNCTIONS / "asks_a_source" / "main.py", PROJECT / "connectors" / "hed" / "main.py"],
    ids=["asks_a_source", "hed"],
)
def test_importing_a_connector_brings_little_and_no_secret_manager(main):
    names, secret_manager = imports_beyond_the_framework(main)
    assert names >= {"fivetran_function", "fivetran_protocol", "requests", "orjson"}
    assert names - WHAT_A_FUNCTION_MAY_IMPORT - WHAT_REQUESTS_BRINGS == set()
    assert secret_manager == "False False"


@pytest.mark.parametrize(("folder", "starts"), [(SRC, True), (FUNCTIONS, False)])
def test_a_runtime_from_elsewhere_than_the_staged_folder_is_refused_at_import(folder, starts):
    """The first names the folder that the runtime is in, the second one that it is not in."""
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=FUNCTIONS / "reads_pages",
        env={"PYTHONPATH": str(SRC), "FUNCTION_FOLDER": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode == 0) is starts
    if not starts:
        assert f"the runtime was imported from {SRC / 'fivetran_function'}, not from the staged folder" in done.stderr
