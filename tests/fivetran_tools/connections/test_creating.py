"""`connection create`: where every setting comes from, what is sent, and in which order."""

import json
import os

import pytest

from fivetran_tools.connections.trigger import trigger_url
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.fivetran_api import ApiAddress, Credentials, FivetranApi
from fivetran_tools.project import Project
from tests.support.connection_answers import KEY, SECRET, data, one, refused, said
from tests.support.fake_gcloud import fake_gcloud, function_json
from tests.support.scripted_source import document, scripted_source
from tests.support.terminal_command import answered

HED = {"name": "hed", "connector": "hed", "url": "http://127.0.0.1:8801"}
FUNCTIONS = document({"functions": [HED, {"name": "a_b", "connector": "tiny", "url": "http://127.0.0.1:8802"}]})
GROUP = data({"items": [{"id": "warm_lake", "name": "Warehouse"}]})
NEW = one("paused", setup_state="incomplete", succeeded_at=None)
PASSED = [{"title": "Calling the function", "status": "PASSED"}]
TESTED = one("paused", succeeded_at=None, setup_tests=PASSED)
MISSING = "ERROR: status=[404], message=[Resource 'projects/p/locations/l/functions/hed' was not found]\n"


@pytest.fixture
def configuration(tmp_path):
    file = tmp_path / "configuration.json"
    file.write_text(json.dumps({"api_key": SECRET, "page_size": "100"}))
    return file


def created(source):
    """The body of the one POST that makes a connection."""
    (body,) = [asked.body for asked in source.asked if (asked.method, asked.path) == ("POST", "/v1/connections")]
    return json.loads(body)


def steps(source):
    return [f"{asked.method} {asked.path}" for asked in source.asked]


def test_it_is_made_paused_then_tested_and_not_started_unasked(command, configuration):
    with scripted_source(GROUP, FUNCTIONS, NEW, TESTED) as source:
        done = command.at(source.url)("create", "hed", "--configuration", configuration)
    assert done.code == 0, done.err
    assert steps(source)[2:] == ["POST /v1/connections", "POST /v1/connections/grafted_unwound/test"]
    assert created(source) == {
        "group_id": "warm_lake",
        "service": "google_cloud_function",
        "paused": True,
        "run_setup_tests": False,
        "config": {
            "schema": "hed",
            "function_trigger": "http://127.0.0.1:8801",
            "secrets_list": [{"key": "api_key", "value": SECRET}, {"key": "page_size", "value": "100"}],
        },
    }
    assert done.out.splitlines() == [
        f"grafted_unwound is made, paused: {source.url}/connections/grafted_unwound",
        "passed   Calling the function",
    ]
    assert "`./fivetran connection sync grafted_unwound --unpause --wait`" in done.err


def test_it_is_started_and_waited_for_when_told_so(command, configuration):
    later = one(succeeded_at="2026-03-01T11:00:00Z")
    answers = (GROUP, FUNCTIONS, NEW, TESTED, one(succeeded_at=None), said(), one("syncing", succeeded_at=None), later)
    with scripted_source(*answers) as source:
        done = command.at(source.url)("create", "hed", "--configuration", configuration, "--start", "--wait")
    assert done.code == 0, done.err
    assert steps(source)[4:6] == ["PATCH /v1/connections/grafted_unwound", "POST /v1/connections/grafted_unwound/sync"]
    assert "hed succeeded at" in done.out


def test_it_is_not_started_when_a_test_fails(command, configuration):
    broken = one("paused", setup_state="broken", setup_tests=[{"title": "Key", "status": "FAILED", "message": "wrong"}])
    with scripted_source(GROUP, FUNCTIONS, NEW, broken) as source:
        done = command.at(source.url)("create", "hed", "--configuration", configuration, "--start")
    assert done.code == 1
    assert "failed   Key: wrong" in done.out
    assert "hed is broken, and stays paused: mend it, then `./fivetran connection test grafted_unwound`" in done.err
    assert len(source.asked) == 4


def test_options_say_everything(command, configuration):
    words = ("--schema", "hed_export", "--group", "g_h", "--trigger-url", "http://127.0.0.1:9/x")
    pairs = ("--custom-payload", "a=1", "--custom-payload", "b=x=y")
    with scripted_source(NEW, TESTED) as source:
        done = command.at(source.url)("create", "hed", "--configuration", configuration, *words, *pairs)
    assert done.code == 0, done.err
    body = created(source)
    assert body["group_id"] == "g_h"
    assert body["config"]["schema"] == "hed_export"
    assert body["config"]["function_trigger"] == "http://127.0.0.1:9/x"
    assert body["config"]["custom_payloads"] == [{"key": "a", "value": "1"}, {"key": "b", "value": "x=y"}]


def test_variables_are_the_defaults(command, configuration, monkeypatch):
    for name, value in (("GROUP_ID", "g_v"), ("SCHEMA", "by_variable"), ("CONFIGURATION", str(configuration))):
        monkeypatch.setenv(f"FIVETRAN_{name}", value)
    with scripted_source(FUNCTIONS, NEW, TESTED) as source:
        assert command.at(source.url)("create", "hed").code == 0
    assert created(source)["group_id"] == "g_v"
    assert created(source)["config"]["schema"] == "by_variable"


def test_a_connector_that_one_function_uses_names_that_function(command, configuration):
    with scripted_source(GROUP, FUNCTIONS, NEW, TESTED) as source:
        assert command.at(source.url)("create", "tiny", "--configuration", configuration).code == 0
    assert created(source)["config"]["function_trigger"] == "http://127.0.0.1:8802"


def test_the_simulators_settings_are_taken_from_the_local_fivetran(command):
    running = document({"functions": [{**HED, "configuration": {"api_key": SECRET}}]})
    with scripted_source(GROUP, running, running, NEW, TESTED) as source:
        done = command.at(source.url)("create", "hed", "--simulate")
    assert done.code == 0, done.err
    assert created(source)["config"]["secrets_list"] == [{"key": "api_key", "value": SECRET}]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((), "hed has settings (api_key, base_url, page_size): pass --configuration FILE, or set FIVETRAN_CONFIG"),
        (("--simulate",), "the local Fivetran runs no simulator of hed"),
        (("--schema", "Hed!"), "name another with --schema"),
        (("--service", "google_cloud_functions"), "did you mean google_cloud_function?"),
        (("--field", "x"), "--field number 1 is not of the form KEY=VALUE"),
        (("--field", "x=1"), "google_cloud_function has no such field; it has function_trigger"),
        (("--custom-payload", "=1"), "--custom-payload number 1"),
        (("--custom-payload", "a=1", "--custom-payload", "a=2"), "gives 'a' twice"),
        (("--trigger-url", "ftp://x"), "--trigger-url: 'ftp://x' is not the address of a function"),
        (("--trigger-url", "http://example.com/f"), "is not https://"),
        (("--wait",), "--wait goes with --start"),
        (("--configuration", "missing.json"), "no configuration at missing.json"),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_one_line_and_nothing_is_made(command, words, error):
    with scripted_source(GROUP, FUNCTIONS) as source:
        done = command.at(source.url)("create", "hed", *words)
    assert done.code == 2
    assert error in done.err
    assert len(done.err.splitlines()) == 1
    assert "POST" not in " ".join(steps(source))


def test_a_function_that_is_not_there_is_told(command, configuration):
    with scripted_source(GROUP, FUNCTIONS) as source:
        done = command.at(source.url)("create", "hedd", "--configuration", configuration)
    assert done.code == 2
    assert "the local Fivetran has no function 'hedd': did you mean hed?" in done.err


def test_several_groups_have_to_be_named(command, configuration):
    groups = data({"items": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]})
    with scripted_source(groups) as source:
        done = command.at(source.url)("create", "hed", "--configuration", configuration)
    assert done.code == 2
    assert "Group (destination) is missing: pass --group, or set FIVETRAN_GROUP_ID" in done.err


def test_a_refusal_names_the_field_as_fivetran_does(command, configuration):
    wrong = refused(400, "InvalidInput", "config.schema: hed is taken")
    with scripted_source(GROUP, FUNCTIONS, wrong) as source:
        done = command.at(source.url)("create", "hed", "--configuration", configuration)
    assert done.code == 1
    assert "400 InvalidInput: config.schema: hed is taken (POST /v1/connections)" in done.err


def test_a_service_that_does_not_run_here_says_why(command, monkeypatch):
    for name, value in (("FUNCTION", "f"), ("REGION", "us-east-1"), ("ROLE_ARN", SECRET)):
        monkeypatch.setenv(f"FIVETRAN_{name}", value)
    with scripted_source(GROUP, NEW, TESTED) as source:
        done = command.at(source.url)("create", "lambda_export", "--service", "aws_lambda")
    assert done.code == 0, done.err
    assert "does not run it: the local Fivetran calls an address" in done.err
    assert created(source)["config"] == {
        "sync_method": "DIRECT",
        "connection_type": "Directly",
        "schema": "lambda_export",
        "function": "f",
        "region": "us-east-1",
        "role_arn": SECRET,
    }


def test_a_secret_is_not_taken_from_the_command_line(command):
    with scripted_source(GROUP) as source:
        words = (
            "--service",
            "aws_lambda",
            "--field",
            "function=f",
            "--field",
            "region=r",
            "--field",
            f"role_arn={KEY}",
        )
        done = command.at(source.url)("create", "x", *words)
    assert done.code == 2
    assert "role_arn is a secret, and no secret is given on a command line: set FIVETRAN_ROLE_ARN" in done.err
    assert KEY not in done.err


def real(tmp_path, monkeypatch, deploy="dev-project", target=""):
    """A checkout that deploys hed, and the real Fivetran, which is not asked."""
    (tmp_path / "connectors" / "hed").mkdir(parents=True)
    (tmp_path / "connectors" / "hed" / "main.py").touch()
    (tmp_path / "deploy.yaml").write_text(
        f"environments:\n  dev: {{project: {deploy}, context: c}}\nhed: {{connector: hed, environment: dev{target}}}\n"
    )
    gcloud = fake_gcloud(tmp_path / "bin")
    monkeypatch.setenv("PATH", str(gcloud.folder), prepend=os.pathsep)
    address = ApiAddress("https://api.fivetran.com", is_local=False)
    return Project(tmp_path), address, FivetranApi(address, Credentials(KEY, SECRET)), gcloud


def test_for_the_real_fivetran_google_says_where_the_function_is(tmp_path, monkeypatch):
    project, address, api, gcloud = real(tmp_path, monkeypatch)
    gcloud.answers("describe", stdout=function_json(url="https://f.example/hed"))
    assert trigger_url(project, address, api, "hed", None) == "https://f.example/hed"


def test_a_function_that_is_not_deployed_is_told_with_the_command_that_deploys_it(tmp_path, monkeypatch):
    project, address, api, gcloud = real(tmp_path, monkeypatch)
    gcloud.answers("describe", stderr=MISSING, code=1)
    with pytest.raises(CommandError, match=r"hed is not deployed: `\./fivetran deploy hed`"):
        trigger_url(project, address, api, "hed", None)


@pytest.mark.parametrize(
    ("deploy", "target", "words"),
    [
        ("your-project-id", "", "deploy.yaml has no project for hed yet"),
        ("dev-project", ", target: connector-sdk", "hed goes through the Connector SDK"),
    ],
)
def test_a_function_that_cannot_be_there_is_not_asked_for(tmp_path, monkeypatch, deploy, target, words):
    project, address, api, gcloud = real(tmp_path, monkeypatch, deploy, target)
    with pytest.raises(UsageError, match=words):
        trigger_url(project, address, api, "hed", None)
    assert gcloud.asked == []


def test_the_real_fivetran_is_not_sent_to_this_machine(tmp_path, monkeypatch):
    project, address, api, _ = real(tmp_path, monkeypatch)
    with pytest.raises(UsageError, match=r"where api\.fivetran\.com cannot call it"):
        trigger_url(project, address, api, "hed", "http://localhost:8801")


def test_an_account_without_function_connections_is_shown_the_other_way(monkeypatch):
    from fivetran_tools.connections import creating

    services = creating.services_of(Project.here(), "google_cloud_function")
    new = creating.NewConnection(services, "g", {"schema": "hed"})
    refusal = refused(400, "InvalidInput", "Service google_cloud_function is not available for your account")
    with scripted_source(refusal) as source:
        api = FivetranApi(ApiAddress(source.url, is_local=False), Credentials(KEY, SECRET))
        with api, pytest.raises(CommandError, match=r"2025-07-22 .*docs/connector-sdk\.md"):
            creating.create(api, new)


def test_on_a_terminal_what_is_missing_is_asked_for_and_secrets_are_not_shown(tmp_path):
    answers = [
        ("Destination schema [hed]", "asked_for"),
        ("Group (destination) [warm_lake]", ""),
        ("api_key (Enter leaves it out)", SECRET),
        ("base_url (Enter leaves it out)", "http://127.0.0.1:9"),
        ("page_size (Enter leaves it out)", ""),
    ]
    with scripted_source(GROUP, FUNCTIONS, NEW, TESTED) as source:
        code, shown = answered(
            ["connection", "create", "hed", "--api-url", source.url],
            answers,
            FIVETRAN_API_KEY=KEY,
            FIVETRAN_API_SECRET="s",
            HOME=str(tmp_path),
        )
    assert code == 0, shown
    assert SECRET not in shown
    config = created(source)["config"]
    assert config["schema"] == "asked_for"
    assert config["secrets_list"] == [
        {"key": "api_key", "value": SECRET},
        {"key": "base_url", "value": "http://127.0.0.1:9"},
    ]


def test_with_no_input_nothing_is_asked_on_a_terminal(tmp_path):
    with scripted_source(GROUP, FUNCTIONS) as source:
        words = ["connection", "create", "hed", "--no-input", "--api-url", source.url]
        code, shown = answered(words, [], FIVETRAN_API_KEY=KEY, FIVETRAN_API_SECRET="s", HOME=str(tmp_path))
    assert code == 2
    assert "hed has settings" in shown


@pytest.mark.parametrize(("answer", "code", "deleted"), [("n", 130, 0), ("", 130, 0), ("y", 0, 1)])
def test_deleting_asks_on_a_terminal(tmp_path, answer, code, deleted):
    with scripted_source(one(), said()) as source:
        words = ["connection", "delete", "hed", "--api-url", source.url]
        done, shown = answered(
            words, [("[y/N]", answer)], FIVETRAN_API_KEY=KEY, FIVETRAN_API_SECRET="s", HOME=str(tmp_path)
        )
    assert done == code, shown
    assert len([asked for asked in source.asked if asked.method == "DELETE"]) == deleted
