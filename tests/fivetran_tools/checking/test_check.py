"""`check` as it is typed: on a staged connector, on any function at an address, and with words that are wrong."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import psutil
import pytest

from fivetran_local.conformance import NAMES, RULES, Verdict
from fivetran_local.function_process import run_function
from fivetran_tools.checking.check import check
from fivetran_tools.checking.last_check import write_last_check
from fivetran_tools.checking.options import CheckOptions
from fivetran_tools.cli import main
from fivetran_tools.declaration import read_declaration
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project
from fivetran_tools.staging import stage
from tests.fivetran_local.conformance.zoo import KEY, OTHER_KEY, listening_source
from tests.support.functions import FUNCTIONS
from tests.support.scripted_source import document, scripted_source
from tests.support.tiny_project import tiny_project, write

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def children():
    """The processes that this one has, whoever started them."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


@pytest.fixture(scope="module")
def address():
    """Where something listens, as a good function's source does."""
    with listening_source() as url:
        yield url


@contextmanager
def running(name, tmp_path):
    around = {"PYTHONPATH": str(FUNCTIONS)}
    with run_function(FUNCTIONS / name, tmp_path / "log", timeout_seconds=30, environment=around) as process:
        yield process.url


def configuration(folder, name="configuration.json", **secrets):
    file = folder / name
    file.write_text(json.dumps(secrets))
    return file


def run(capsys, *words):
    """Return the exit code of the command, and what it printed."""
    with pytest.raises(SystemExit) as ended:
        main(["check", *map(str, words)])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def one_line(text):
    (line,) = text.strip().splitlines()
    return line


# Any function at an address


def test_a_good_function_passes_and_what_cannot_be_seen_from_here_is_not_run(capsys, tmp_path, address):
    file = configuration(tmp_path, api_key=KEY, base_url=address)
    with running("behaves", tmp_path) as url:
        code, out, err = run(capsys, "--function-url", url, "--configuration", file)
    assert code == 0
    lines = out.splitlines()
    not_run = {line.split()[2]: line for line in lines if line.startswith("not run")}
    assert set(not_run) == {"separate-syncs", "cold-start", "memory", "secrets-in-logs"}
    assert not_run["separate-syncs"].endswith("there is no second key (--second-configuration FILE)")
    assert f"passed {url}: {len(RULES) - 4} passed, 4 not run; " in lines[-1]
    assert err == f"function at {url}\n"


def test_a_second_configuration_tells_whether_two_connections_stay_apart(capsys, tmp_path, address):
    one = configuration(tmp_path, api_key=KEY, base_url=address)
    other = configuration(tmp_path, "second.json", api_key=OTHER_KEY, base_url=address)
    words = ("--configuration", one, "--second-configuration", other, "--rule", "separate-syncs", "--format", "json")
    with running("keeps_a_client_between_pages", tmp_path) as url:
        code, out, _ = run(capsys, "--function-url", url, *words)
    assert code == 1
    (rule,) = json.loads(out)["rules"]
    assert (rule["rule"], rule["verdict"]) == ("separate-syncs", "error")


def test_an_error_is_exit_code_1_a_warning_or_a_waived_error_is_not(capsys, tmp_path, address):
    file = configuration(tmp_path, api_key=KEY, base_url=address)
    with running("forgets_its_primary_key", tmp_path) as url:
        words = ("--function-url", url, "--configuration", file, "--rule", "keyless-tables")
        assert run(capsys, *words)[0] == 0
        code, out, _ = run(capsys, *words, "--rule", "primary-key-stable")
        assert code == 1
        verdicts = [line.split()[0] for line in out.splitlines() if not line.startswith(" ")]
        assert verdicts == ["warning", "error", "failed"]  # what has to be read stands above the sum
        assert ": 1 warning, 1 error; " in out
        waiver = ("--waive", "primary-key-stable=the proxy drops it", "--waive", "ends=why not", "--rule", "ends")
        code, out, _ = run(capsys, *words, "--rule", "primary-key-stable", *waiver)
    assert code == 0
    assert "waived   primary-key-stable" in out
    assert ": the proxy drops it\n" in out
    assert "ends is waived and passes: take the waiver out" in out


def test_json_and_junit_say_the_same_and_nothing_else_is_on_standard_output(capsys, tmp_path, address):
    file = configuration(tmp_path, api_key=KEY, base_url=address)
    with running("spells_has_more", tmp_path) as url:
        words = ("--function-url", url, "--configuration", file, "--format")
        code, out, _ = run(capsys, *words, "json")
        document = json.loads(out)
        assert code == 1
        code, out, _ = run(capsys, *words, "junit")
        suite = ElementTree.fromstring(out.encode())
        assert code == 1
    assert [rule["rule"] for rule in document["rules"]] == [case.get("name") for case in suite] == list(NAMES)
    counts = document["counts"]
    assert suite.get("failures") == str(counts["error"]) == "1"
    assert suite.get("skipped") == str(counts["waived"] + counts["not run"])
    assert suite.get("tests") == str(sum(counts.values()))
    (failure,) = suite.iter("failure")
    assert "did you mean 'hasMore'?" in failure.get("message")


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_a_secret_that_the_function_tells_is_not_told_again(capsys, tmp_path, address, form):
    file = configuration(tmp_path, api_key="canary-of-this-test", base_url=address)
    with running("tells_a_wrong_key", tmp_path) as url:
        code, out, err = run(capsys, "--function-url", url, "--configuration", file, "--format", form)
    assert code == 1
    assert "the source refuses [secret]" in out
    assert "canary-of-this-test" not in out + err


def test_a_function_that_is_not_there_is_told_by_every_rule_that_it_fails(capsys, tmp_path):
    file = configuration(tmp_path, api_key=KEY)
    code, out, _ = run(capsys, "--function-url", "http://127.0.0.1:9/", "--configuration", file)
    assert code == 1
    assert "nothing answers at http://127.0.0.1:9/" in out
    assert "1 call" in out


def test_a_setting_named_public_is_no_secret_and_the_others_stay_as_they_look(capsys, tmp_path, address):
    file = configuration(tmp_path, api_key=KEY, base_url=address, page_size="20", tenant="people")
    words = ("--configuration", file, "--rule", "secrets-in-answers", "--rule", "typed-secrets")
    with running("behaves", tmp_path) as url:
        code, out, _ = run(capsys, "--function-url", url, *words, "--public", "tenant")
        assert code == 0, out
    tenant = "f3a9c2d1e8"
    file = configuration(tmp_path, "tenant.json", api_key=KEY, base_url=address, tenant=tenant)
    with running("tells_its_tenant", tmp_path) as url:
        words = ("--function-url", url, "--configuration", file, "--rule", "secrets-in-answers")
        assert run(capsys, *words)[0] == 1
        assert run(capsys, *words, "--public", "tenant")[0] == 0


# A connector, staged


PEOPLE = {"key-one": "one", "key-two": "two"}


def people(exchange):
    """Answer as the source of `behaves_on_the_runtime`: two pages, and others for each key."""
    asked = exchange.asked
    own = PEOPLE.get(asked.headers["x-api-key"])
    if own is None:
        return document({"detail": "no"}, 401)(exchange)
    after = int(asked.query["after"])
    rows = [{"id": f"{own}-{number}"} for number in range(after, min(after + 30, 60))]
    left = [{"id": f"{own}-gone"}] if after == 0 else []
    return document({"people": rows, "left": left, "last": after + len(rows), "more": after + 30 < 60})(exchange)


@pytest.fixture
def project(tmp_path):
    tiny = tiny_project(tmp_path / "a checkout")
    write(tiny.root, {"connectors/tiny/main.py": (FUNCTIONS / "behaves_on_the_runtime" / "main.py").read_text()})
    return tiny


def test_a_connector_on_the_runtime_passes_every_rule(project, tmp_path):
    before = children()
    said, watched = [], []
    with scripted_source(people) as source:
        files = [
            configuration(tmp_path, f"{key}.json", api_key=key, base_url=source.url) for key in ("key-one", "key-two")
        ]
        options = CheckOptions("tiny", configuration=files[0], second_configuration=files[1])
        done = check(project, options, announce=said.append, watch=watched.append)
    verdicts = {judgement.rule.name: judgement.verdict for judgement in done.report.judgements}
    assert set(verdicts.values()) == {Verdict.PASSED}, verdicts
    assert done.build.startswith("tiny 0.")
    assert said == [f"function {done.build} under functions-framework, in four processes"]
    assert done.report.calls >= 25
    assert {"setup test", "bad credentials"} <= set(watched)
    assert children() <= before

    write_last_check(project, "tiny", done.note())
    note = json.loads((project.root / "files" / "checks" / "tiny.json").read_text())
    assert (note["passed"], note["errors"], note["build"]) == (len(RULES), 0, done.build)
    assert [file.name for file in (project.root / "files" / "checks").iterdir()] == ["tiny.json"]


def test_the_connectors_own_waivers_count_and_those_of_the_command_go_first(project, tmp_path):
    write(project.root, {"connectors/tiny/waivers.toml": 'json-object = "here"\nends = "here"\n'})
    main_py = project.root / "connectors" / "tiny" / "main.py"
    main_py.write_text("def main(request):\n    return {'state': 1, 'hasMore': True}\n")
    file = configuration(tmp_path, api_key=KEY)
    options = CheckOptions("tiny", configuration=file, waivers=("state-object=there", "json-object=there"))
    judged = {judgement.rule.name: judgement for judgement in check(project, options).report.judgements}
    assert (judged["state-object"].verdict, judged["state-object"].reason) == (Verdict.WAIVED, "there")


def test_a_connector_that_does_not_import_says_why(project, tmp_path):
    before = children()
    (project.root / "connectors" / "tiny" / "main.py").write_text("import no_such_library\n")
    with pytest.raises(CommandError, match="cannot be imported: ModuleNotFoundError: No module named 'no_such_lib"):
        check(project, CheckOptions("tiny", configuration=configuration(tmp_path, api_key=KEY)))
    assert children() <= before


@pytest.mark.parametrize(
    "print_it", ["print('good-bye')", "sys.stdout.write('{}')", "print('null')", "print('[1, 2]')"]
)
def test_what_a_connector_prints_at_its_end_is_not_taken_for_its_declaration(project, print_it):
    main_py = project.root / "connectors" / "tiny" / "main.py"
    words = main_py.read_text()
    main_py.write_text(f"import atexit, sys\natexit.register(lambda: {print_it})\n{words}")
    assert read_declaration(stage(project, "tiny")).public_keys == {"base_url"}


def test_a_declaration_that_cannot_be_read_is_one_line(project):
    main_py = project.root / "connectors" / "tiny" / "main.py"
    for last in ("good-bye", "[1]", '{"tables": {}}', "1", '{"tables": {}, "public_keys": null}'):
        main_py.write_text(f"import atexit, os\natexit.register(lambda: os.write(1, {last!r}.encode()))\n")
        with pytest.raises(CommandError, match=r"main\.py writes to standard output when its process ends"):
            read_declaration(stage(project, "tiny"))


def test_a_connector_without_a_simulator_needs_a_configuration(project):
    before = children()
    with pytest.raises(UsageError, match="tiny has no simulator"):
        check(project, CheckOptions("tiny"))
    assert children() <= before


def test_a_note_that_cannot_be_written_is_one_line(project, tmp_path):
    (project.root / "connectors" / "tiny" / "main.py").write_text("def main(_):\n    return {'state': {}}\n")
    done = check(project, CheckOptions("tiny", configuration=configuration(tmp_path, api_key=KEY)))
    write(project.root, {"files/checks": ""})
    with pytest.raises(CommandError, match=r"cannot note the check in .*tiny\.json: "):
        write_last_check(project, "tiny", done.note())


def test_hed_passes(capsys):
    code, out, _ = run(capsys, "hed")
    assert code == 0
    assert "passed hed: " in out.splitlines()[-1]
    assert "waived   naive-timestamps" in out


def test_hed_passes_where_its_sync_is_cut_short(capsys):
    code, out, _ = run(capsys, "hed", "--max-calls", "4", "--rule", "resumes")
    assert code == 0, out
    assert "passed   resumes" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_everything_that_was_started(number):
    words = [sys.executable, "-m", "fivetran_tools", "check", "hed"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert "function hed" in process.stderr.readline()
        family = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, number)
        assert process.wait(60) == 130
        assert "interrupted" in process.stderr.read()
    assert family
    assert not psutil.wait_procs(family, timeout=20)[1]


# Words


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "nothing to check: name a connector, or pass --function-url URL with --configuration FILE"),
        (("no-such",), "no connector named 'no-such'"),
        (("hed", "--function-url", "http://127.0.0.1:1"), "exclude each other"),
        (("--function-url", "http://example.com/"), "is not https://"),
        (("--function-url", "ftp://example.com/"), "is not the address of a function"),
        (("hed", "--rule", "end"), "there is no rule 'end': `./fivetran check --list-rules` shows them all"),
        (("hed", "--waive", "ends"), "'ends' is waived without a reason"),
        (("hed", "--waive", "end=why"), "--waive: there is no rule 'end'"),
        (("hed", "--max-calls", "0"), "--max-calls"),
        (("hed", "--timeout", "0"), "--timeout"),
        (("hed", "--format", "xml"), "--format"),
        (("hed", "--configuration", "no-such.json"), "no configuration at no-such.json"),
    ],
)
def test_wrong_words_are_one_line_and_exit_code_2(capsys, words, reason):
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert reason in one_line(err)


def test_a_function_at_an_address_is_called_without_secrets_where_none_are_named(capsys, tmp_path):
    with running("behaves", tmp_path) as url:
        code, out, _ = run(capsys, "--function-url", url, "--rule", "sync-succeeds", "--rule", "secrets-in-answers")
    assert code == 1
    assert "CredentialsError: the source does not accept the api_key" in out
    assert "there is no secret in the configuration to look for" in out


def test_a_broken_waivers_file_is_told_before_anything_is_started(project):
    write(project.root, {"connectors/tiny/waivers.toml": "ends ="})
    with pytest.raises(UsageError, match=r"waivers\.toml: "):
        check(project, CheckOptions("tiny"))
    assert not project.staged("tiny").exists()


def test_all_rules_are_listed(capsys):
    code, out, _ = run(capsys, "--list-rules")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line.split() and line.split()[0] in NAMES] == list(NAMES)


def test_a_project_is_where_the_code_is():
    assert Project.here().root == ROOT
