"""The same connector by both routes: SDK 1.7.0's own gRPC service, and its own deploy, in an environment of its own.

PyPI is needed, through pip; everything else is on loopback.
"""

import io
import json
import shutil
import subprocess
import zipfile
from contextlib import closing

import pytest

from fivetran_local.function import FunctionClient
from fivetran_local.function_process import run_function
from fivetran_protocol import FunctionRequest
from fivetran_tools.deployment.connector_sdk.deploy import deploy_to_connector_sdk
from fivetran_tools.deployment.connector_sdk.environment import ensure_environment
from fivetran_tools.deployment.connector_sdk.options import SdkOptions
from fivetran_tools.deployment.connector_sdk.project import environment_of, stage_sdk_project
from fivetran_tools.errors import CommandError
from fivetran_tools.simulate import simulated_source
from fivetran_tools.staging import stage
from tests.support.connector_sdk.deployments import deployment
from tests.support.connector_sdk.fivetran_api import fivetran_api
from tests.support.tiny_project import ROOT, tiny_project, write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DRIVER = ROOT / "tests" / "support" / "connector_sdk" / "drive.py"
KEY = "Y2FuYXJ5LWtleTpjYW5hcnktc2VjcmV0"
SECRET = "canary-of-the-source"

ODD = """
from datetime import date
from decimal import Decimal
from fivetran_function import Request, Response, connector

ROWS = [
    {"id": 1, "real": 3.47, "yes": True, "no": False, "none": None, "whole": 9007199254740993, "isActive": True},
    {"id": 2, "list": [1, [2.5, None], {"a": True}], "object": {"b": [0.1]}, "empty": [], "nothing": {}},
    {"id": 3, "long": 2**63, "longer": -(10**30), "most": 2**63 - 1, "least": -(2**63)},
    {"id": 4, "text": "Zoë 学生 \\U0001f393", "iso": "2024-02-29T00:00:00", "offset": "2024-02-29T00:00:00+02:00"},
    {"id": 5, "day": date(2024, 2, 29), "price": Decimal("1.10"), "gap": float("nan"), "tiny": 5e-324, "huge": 1.7e308},
    {"id": "6", "Grade Point": 0.1, "yes": 0, "real": 1, "list": "now text"},
]


@connector("tiny", schema={"odd": {"primary_key": ["id"]}, "log": {}}, public_keys=("fail_at",))
def main(request: Request) -> Response:
    page = request.state.get("page", 0)
    if str(page) == request.secrets.get("fail_at"):
        raise ValueError(f"no luck with {request.secrets['api_key']}")
    deleted = {"odd": [{"id": 1, "real": 3.47}]} if page == 4 else {}
    return Response(
        state={"page": page + 1, "seen": [0.1, None, 2**70]},
        insert={"odd": [ROWS[page]], "log": [{"page": page}]},
        delete=deleted,
        has_more=page + 1 < len(ROWS),
    )
"""
NAMES = {"isActive": "is_active", "Grade Point": "grade_point"}
"""Fivetran's renaming, which the SDK does itself and the function route leaves to Fivetran."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = tiny_project(tmp_path_factory.mktemp("sdk") / "a checkout")
    shutil.copytree(ROOT / "simulators", project.root / "simulators", ignore=shutil.ignore_patterns("__pycache__"))
    write(project.root, {"connectors/tiny/main.py": ODD})
    return project


@pytest.fixture(scope="module")
def programs(project):
    """The programs of the SDK's environment, where `deploy` looks for them."""
    staged = stage_sdk_project(project, deployment())
    folder = environment_of(project, "tiny")
    programs = ensure_environment(folder, staged.folder / "requirements.txt")
    # It asks PyPI about every import, and what it finds is advice. Tests speak to no network.
    (programs / "pipreqs").write_text("#!/bin/sh\nexit 0\n")
    return programs


@pytest.fixture
def by_sdk(project, programs, tmp_path):
    """Sync a connector through the SDK's gRPC service; return its operations and all that was printed."""

    def sync(name, configuration, state=None, *, checkpoints=None):
        staged = stage_sdk_project(project, deployment(name, name))
        sent = tmp_path / "operations"
        sent.unlink(missing_ok=True)
        words = [programs / "python", DRIVER, sent, json.dumps(configuration), json.dumps(state or {})]
        done = subprocess.run(
            [*map(str, words), *([str(checkpoints)] if checkpoints else [])],
            cwd=staged.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        return [json.loads(line) for line in sent.read_text().splitlines()], done.stdout + done.stderr

    return sync


@pytest.fixture
def by_function(project, tmp_path):
    """Sync a connector as a function under functions-framework; return its pages."""

    def sync(name, configuration, state=None):
        staged = stage(project, name)
        pages = []
        with (
            run_function(staged.folder, tmp_path / "log", timeout_seconds=60) as process,
            closing(FunctionClient(process.url, timeout_seconds=60)) as client,
        ):
            while not pages or pages[-1]["hasMore"]:
                request = FunctionRequest("test", pages[-1]["state"] if pages else state or {}, configuration)
                pages.append(client.call(request).document)
        return pages

    return sync


def rows_of(pages, table, key):
    rows = {}
    for page in pages:
        rows.update({row[key]: row for row in page["insert"].get(table, ())})
        for row in page.get("delete", {}).get(table, ()):
            rows.pop(row[key], None)
    return {value: {NAMES.get(name, name): cell for name, cell in row.items()} for value, row in rows.items()}


def rows_sent(operations, table, key):
    rows = {}
    for operation in operations:
        if operation.get("table") == table:
            row = operation["row"]
            if operation["op"] == "upsert":
                rows[row[key]] = row
            else:
                assert (operation["op"], list(row)) == ("delete", [key])
                rows.pop(row[key], None)
    return rows


def exact(rows):
    return json.dumps({str(key): row for key, row in rows.items()}, sort_keys=True)


def states(operations):
    return [operation["state"] for operation in operations if operation["op"] == "checkpoint"]


def test_hed_sends_the_same_rows_and_states_by_both_routes(project, by_sdk, by_function):
    with simulated_source(project, "hed") as settings:
        configuration = {**settings, "include_students": "true"}
        operations, _ = by_sdk("hed", configuration)
        pages = by_function("hed", configuration)
        for table, key in (("hed_records", "record_id"), ("hed_students", "student_id")):
            expected = rows_of(pages, table, key)
            assert len(expected) > 500
            assert exact(rows_sent(operations, table, key)) == exact(expected)
        assert len(states(operations)) == len(pages) > 5
        [nothing] = by_function("hed", configuration, states(operations)[-1])
        assert nothing["insert"]["hed_records"] == []
    assert operations[-1] == {"op": "end"}
    assert [it["key"] for it in operations if it["op"] == "table"] == [["record_id"], ["student_id"], ["content_hash"]]


def test_a_sync_that_was_cut_off_goes_on_from_its_last_checkpoint(project, by_sdk):
    with simulated_source(project, "hed") as configuration:
        begun, _ = by_sdk("hed", configuration, checkpoints=2)
        assert len(states(begun)) == 2
        rest, _ = by_sdk("hed", configuration, states(begun)[-1])
    first, second = (rows_sent(it, "hed_records", "record_id") for it in (begun, rest))
    assert (len(first), len(second), len(first | second)) == (200, 400, 600)


def test_every_kind_of_value_and_a_delete_arrive_the_same(by_sdk, by_function):
    operations, _ = by_sdk("tiny", {"api_key": SECRET})
    pages = by_function("tiny", {"api_key": SECRET})
    expected = rows_of(pages, "odd", "id")
    assert 1 not in expected
    assert exact(rows_sent(operations, "odd", "id")) == exact(expected)
    first = next(it["row"] for it in operations if it.get("table") == "odd")
    assert exact({1: first}) == exact(rows_of(pages[:1], "odd", "id"))
    assert json.dumps(states(operations)) == json.dumps([page["state"] for page in pages])
    assert [it["row"] for it in operations if it.get("table") == "log"] == [{"page": number} for number in range(6)]
    ops = [it["op"] for it in operations if it["op"] != "table"]
    assert ops == [*["upsert", "upsert", "checkpoint"] * 4, "upsert", "upsert", "delete", "checkpoint",
                   "upsert", "upsert", "checkpoint", "end"]  # fmt: skip


def test_a_failure_shows_its_text_and_no_secret_and_keeps_the_pages_before_it(by_sdk):
    operations, printed = by_sdk("tiny", {"api_key": SECRET, "fail_at": "2"})
    assert operations[-1]["op"] == "error"
    assert "tiny: ValueError: no luck with [secret]" in operations[-1]["text"]
    assert [state["page"] for state in states(operations)] == [1, 2]
    assert SECRET not in printed + str(operations)


def test_a_refused_key_shows_the_runtimes_text_and_not_the_key(project, by_sdk):
    with simulated_source(project, "hed") as configuration:
        operations, printed = by_sdk("hed", {**configuration, "api_key": SECRET})
    assert operations[-1]["op"] == "error"
    assert "hed: CredentialsError: " in operations[-1]["text"]
    assert SECRET not in printed + str(operations)


def test_a_secret_that_only_google_could_look_up_is_refused_in_one_line(by_sdk):
    operations, _ = by_sdk("tiny", {"api_key": "projects/p/secrets/s", "fail_at": "0"})
    assert "tiny: ConfigurationError: projects/p/secrets/s cannot be looked up" in operations[-1]["text"]


def test_the_sdks_own_deploy_uploads_what_was_staged_creates_and_then_updates(project, programs, tmp_path, monkeypatch):
    write(tmp_path, {"settings.json": '{"api_key": "$CANARY", "fail_at": "9"}'})
    monkeypatch.setenv("CANARY", SECRET)
    monkeypatch.setenv("HOME", str(tmp_path))
    said = []

    def deploy(**told):
        options = SdkOptions(api_key=KEY, destination="Warehouse", allow_modified=True, **told)
        return deploy_to_connector_sdk(project, project, deployment("tiny-sync", "tiny"), options, announce=said.append)

    with fivetran_api(tmp_path) as api:
        done = deploy(configuration=tmp_path / "settings.json", python_version="3.11")
        uploaded = zipfile.ZipFile(io.BytesIO(api.uploads["tiny_sync"]))
        assert sorted(uploaded.namelist()) == done.staged.files
        assert all(uploaded.read(name) == (done.staged.folder / name).read_bytes() for name in uploaded.namelist())
        made = api.connections["tiny_sync"]
        assert done.connection_id == "iron_fox"
        assert (made["service"], made["paused"], made["config"]["python_version"]) == ("connector_sdk", True, "3.11")
        assert {it["key"]: it["value"] for it in made["config"]["secrets_list"]} == {"api_key": SECRET, "fail_at": "9"}
        assert deploy().connection_id == "iron_fox"
        assert {it["key"] for it in made["config"]["secrets_list"]} == {"api_key", "fail_at"}
        assert set(api.authorizations) == {f"Basic {KEY}"}
        api.refusal = "not today"
        with pytest.raises(CommandError, match=r"failed with status 1: .*status code: 400") as caught:
            deploy()
    assert "\n" not in str(caught.value)
    text = "\n".join(said) + project.log("deploy-tiny-sync").read_text() + str(caught.value)
    assert KEY not in text
    assert SECRET not in text


def test_an_unknown_destination_is_one_line_in_the_sdks_words(project, programs, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    options = SdkOptions(api_key=KEY, destination="Elsewhere", allow_modified=True)
    with fivetran_api(tmp_path), pytest.raises(CommandError, match="find the specified destination 'Elsewhere'"):
        deploy_to_connector_sdk(project, project, deployment(), options, announce=lambda _: None)
