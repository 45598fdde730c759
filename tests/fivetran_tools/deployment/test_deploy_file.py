"""deploy.yaml: what its entries mean, and that every mistake is one line with file, line and the legal values."""

import pytest

from fivetran_tools.deployment import deployments
from fivetran_tools.deployment.deploy_file import parse_deployments, read_deployments
from fivetran_tools.deployment.deploy_schema import deploy_schema
from fivetran_tools.deployment.deployments import Deployment, Environment, Target
from fivetran_tools.errors import UsageError
from fivetran_tools.project import Project
from tests.support.ci_checkout import ROOT

DEV = Environment("dev", "dev-project", "fivetran-dev")
HEAD = "environments:\n  dev: {project: dev-project, context: fivetran-dev}\nhed:\n"
HED = HEAD + "  connector: hed\n  environment: dev\n"


def read(text):
    return parse_deployments(text, "deploy.yaml", ["hed", "tiny"])


def refusal(text):
    with pytest.raises(UsageError) as caught:
        read(text)
    line = str(caught.value)
    assert "\n" not in line
    return line.removeprefix("deploy.yaml:")


def test_three_lines_are_a_function_with_the_defaults_of_deployments_py():
    assert read(HED).functions == {"hed": Deployment("hed", "hed", DEV)}


def test_every_key_has_its_place():
    entry = """\
  region: europe-west1
  runtime: python311
  generation: 1
  memory: 1Gi
  timeout: 120
  service_account: runner@dev-project.iam.gserviceaccount.com
  secrets: {API_KEY: "hed-api-key:3", OTHER: "projects/other-project/secrets/o:12"}
  ingress: internal-only
  max_instances: 2
  allow_unauthenticated: a public demonstration
"""
    assert read(HED + entry).functions["hed"] == Deployment(
        function="hed",
        connector="hed",
        environment=DEV,
        target=Target.FUNCTION,
        region="europe-west1",
        runtime="python311",
        generation=1,
        memory_mib=1024,
        timeout_seconds=120,
        service_account="runner@dev-project.iam.gserviceaccount.com",
        secrets={"API_KEY": "hed-api-key:3", "OTHER": "projects/other-project/secrets/o:12"},
        ingress="internal-only",
        max_instances=2,
        unauthenticated_reason="a public demonstration",
    )


EXAMPLES = {
    "connector": "hed", "environment": "dev", "target": "function", "region": "europe-west1", "runtime": "python311",
    "generation": "1", "memory": "1Gi", "timeout": "120", "service_account": "r@p.iam.gserviceaccount.com",
    "secrets": "{A: 'a:1'}", "ingress": "all", "max_instances": "2", "allow_unauthenticated": "a demonstration",
}  # fmt: skip


@pytest.mark.parametrize("key", deploy_schema(None)["additionalProperties"]["properties"])
def test_every_key_of_the_schema_is_read_into_a_field_or_refused_for_the_sdk(key):
    entry = HED if key in ("connector", "environment") else f"{HED}  {key}: {EXAMPLES[key]}\n"
    assert isinstance(read(entry).functions["hed"], Deployment)
    if key in ("connector", "environment", "target"):
        return
    assert read(entry) != read(HED), "read, and then ignored"
    assert f"'{key}' of 'hed' means nothing with target: connector-sdk" in refusal(entry + "  target: connector-sdk\n")


def test_functions_are_sorted_whatever_the_order_of_the_file():
    entry = "{connector: hed, environment: dev}"
    two = read(f"zed: {entry}\nalpha: {entry}\nenvironments:\n  dev: {{project: dev-project, context: c}}\n")
    assert list(two.functions) == ["alpha", "zed"]


def test_a_function_goes_to_the_environment_that_its_entry_names():
    # A tool of this kind once read `environment` and deployed everything to the same project all the same.
    text = HED.replace("hed:\n", "  prod: {project: prod-project, context: fivetran-prod}\nhed:\n").replace(
        ": dev\n", ": prod\n"
    )
    assert read(text).functions["hed"].environment == Environment("prod", "prod-project", "fivetran-prod")


def test_memory_and_timeout_have_their_defaults_in_one_place_only():
    # A tool of this kind had one amount of memory in one file and another in the next.
    sources = (ROOT / "src/fivetran_tools/deployment").glob("*.py")
    named = {"DEFAULT_MEMORY_MIB", "DEFAULT_TIMEOUT_SECONDS", "DEFAULT_REGION", "DEFAULT_RUNTIME"}
    defining = {file.name for file in sources for name in named if f"{name}: Final" in file.read_text(encoding="utf-8")}
    assert defining == {"deployments.py"}
    assert read(HED).functions["hed"].memory_mib == deployments.DEFAULT_MEMORY_MIB
    assert read(HED).functions["hed"].timeout_seconds == deployments.DEFAULT_TIMEOUT_SECONDS


def test_connector_sdk_is_one_word_more():
    assert read(HED + "  target: connector-sdk\n").functions["hed"].target is Target.CONNECTOR_SDK


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "1: empty: start with 'environments:', as docs/circleci.md shows"),
        ("hed", "1: the file is 'hed': expected a mapping of functions, and 'environments'"),
        ("hed: {connector: hed, environment: dev}", "1: the file has no 'environments': add it"),
        ("environments: {}", "1: 'environments' is an empty mapping: expected a mapping of environments, at least one"),
        (HED.replace("dev-project", "Dev"), "2: 'project' of 'dev' is 'Dev': expected the id of a GCP project, "),
        (HED.replace("{p", "{zone: a, p"), "2: 'dev' of 'environments' has no key 'zone': expected project or context"),
        (HEAD, "3: 'hed' is empty: expected a mapping with connector and environment"),
        (HEAD + "  connector: hed\n", "3: 'hed' has no 'environment': add it"),
        (HED.replace(": dev\n", ": staging\n"), "5: 'environment' of 'hed' is 'staging': expected dev"),
        (HED.replace(": dev\n", ": Dev\n"), "5: 'environment' of 'hed' is 'Dev': did you mean dev?"),
        (HED.replace(": hed\n", ": payroll\n"), "4: 'connector' of 'hed' is 'payroll': expected hed or tiny"),
        (HED.replace(": hed\n", ": hdr\n"), "4: 'connector' of 'hed' is 'hdr': did you mean hed?"),
        (HED.replace(": hed\n", ": 1\n"), "4: 'connector' of 'hed' is 1: expected hed or tiny"),
        (HED + "hed: {connector: tiny}\n", "6: 'hed' is given twice, first in line 3: keep one"),
    ],
)
def test_a_mistake_is_one_line_with_its_place_and_the_legal_values(text, line):
    assert refusal(text).startswith(line)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("memroy: 512Mi", "6: 'hed' has no key 'memroy': did you mean memory?"),
        ("memory: 512", "6: 'memory' of 'hed' is 512: expected an amount of memory, like 512Mi or 2Gi"),
        ("memory: 64Mi", "6: 'memory' of 'hed' is 64Mi: expected 128Mi to 32Gi"),
        ("memory: 300Mi\n  generation: 1", "6: 'memory' of 'hed' is 300Mi: generation 1 takes 128Mi, 256Mi, 512Mi, "),
        ("generation: 3", "6: 'generation' of 'hed' is 3: expected 1 or 2"),
        ("generation: on", "6: 'generation' of 'hed' is a yes or no: expected 1 or 2"),
        ("timeout: 9000", "6: 'timeout' of 'hed' is 9000: expected 1 to 3600 seconds"),
        ("timeout: 541\n  generation: 1", "6: 'timeout' of 'hed' is 541: generation 1 ends at 540"),
        ("ingress: no one", "6: 'ingress' of 'hed' is 'no one': expected all or internal-only or internal-and-gclb"),
        ("target: sdk", "6: 'target' of 'hed' is 'sdk': expected function or connector-sdk"),
        ("target: connector-sdk\n  memory: 1Gi", "7: 'memory' of 'hed' means nothing with target: connector-sdk"),
        ("service_account: me@example.com", "6: 'service_account' of 'hed' is 'me@example.com': expected the address "),
        ("secrets: [a]", "6: 'secrets' of 'hed' is a list: expected a mapping of environment variables"),
        ("secrets: {1A: 'x:1'}", "6: '1A' is not a legal name in 'secrets' of 'hed': expected the name of an "),
        ("secrets: {A: 'x:latest'}", "6: 'A' of 'secrets' asks for latest, which changes what runs without a deploy"),
        ("secrets: {api_key: 'x:1'}", "6: 'api_key' is not a legal name in 'secrets' of 'hed': expected the name of "),
        ("max_instances: 0", "6: 'max_instances' of 'hed' is 0: expected 1 to 1000 instances"),
        (
            "allow_unauthenticated: true",
            "6: 'allow_unauthenticated' of 'hed' is a yes or no: write the reason in words",
        ),
        ("allow_unauthenticated: ''", "6: 'allow_unauthenticated' of 'hed' is '': expected the reason"),
    ],
)
def test_a_mistake_in_an_entry_is_told_with_what_is_legal(entry, line):
    assert refusal(f"{HED}  {entry}\n").startswith(line)


@pytest.mark.parametrize("name", ["Tiny", "../x", "a b", "-x", "tiny-", "t" * 64, "1st", "_tiny", "tinÿ"])
def test_a_name_that_google_or_circleci_would_not_take_is_refused(name):
    line = refusal(f"{HED}{name}: {{connector: tiny, environment: dev}}\n")
    assert line.startswith("6: ")
    assert "is not a legal name in the file: expected lower case letters, digits, - and _" in line


@pytest.mark.parametrize(
    "name",
    [
        *("FUNCTION_TIMEOUT_SECONDS", "FUNCTION_FOLDER", "FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE", "PORT"),
        *("K_SERVICE", "K_REVISION", "K_CONFIGURATION", "X_GOOGLE_FUNCTION_NAME", "PYTHONPATH", "LD_PRELOAD"),
    ],
)
def test_a_secret_does_not_take_the_place_of_what_the_platform_reads(name):
    line = refusal(f"{HED}  secrets: {{{name}: 'x:1'}}\n")
    assert line.startswith(f"6: '{name}' is not a legal name in 'secrets' of 'hed': expected the name of an ")
    near = f"{name}S" if name[0] in "FK" or name == "PORT" else f"A{name}"
    assert read(f"{HED}  secrets: {{{near}: 'x:1'}}\n").functions["hed"].secrets == {near: "x:1"}


@pytest.mark.parametrize(("first", "second"), [("a-b", "a_b"), ("a_b", "a-b"), ("a-b_c", "a_b-c")])
def test_two_names_that_are_one_service_or_one_connection_are_refused(first, second):
    entry = "{connector: hed, environment: dev}"
    assert refusal(f"{HED}{first}: {entry}\n{second}: {entry}\n") == (
        f"7: '{second}' differs from '{first}' only in '-' and '_': a Cloud Run service and a connection have one name "
        "for both: rename one"
    )
    assert list(read(f"{HED}{first}: {entry}\na-b-d: {entry}\n").functions)


@pytest.mark.parametrize("line", ["environment: nowhere", "environment: e1\n  connector: [payroll]"])
def test_an_error_stays_short_where_much_would_be_legal(line):
    environments = "".join(f"  e{number}: {{project: dev-project, context: c}}\n" for number in range(2000))
    connectors = [f"connector-{number}" for number in range(2000)]
    more = "  connector: connector-1\n" if "connector" not in line else ""
    with pytest.raises(UsageError, match="or one of 1,990 more") as caught:
        parse_deployments(f"environments:\n{environments}hed:\n  {line}\n{more}", "deploy.yaml", connectors)
    assert len(str(caught.value)) < 300


def test_the_first_mistake_of_the_file_is_told_first():
    assert refusal(HED + "  timeout: 0\n  memory: 1\n  zzz: 1\n").startswith("6: 'timeout'")
    assert refusal(HED + "  zzz: 1\n  memory: 1\n  timeout: 0\n").startswith("6: 'hed' has no key 'zzz'")
    assert refusal(HED + "\n\n\n  timeout: 0\n  memory: 1\n").startswith("9: 'timeout'")


@pytest.mark.parametrize("value", ["sk_live_0123", "sk_live_0123:latest", "[sk_live_0123]", "{a: sk_live_0123}"])
def test_a_secret_written_where_its_name_belongs_is_not_repeated(value):
    assert "sk_live" not in refusal(HED + f"  secrets: {{API_KEY: {value}}}\n")


def test_a_missing_or_unreadable_file_says_what_to_do(tmp_path):
    with pytest.raises(UsageError, match=r"there is no deploy\.yaml in .*: start with 'environments:'"):
        read_deployments(Project(tmp_path))
    (tmp_path / "deploy.yaml").mkdir()
    with pytest.raises(UsageError, match=r"cannot read deploy\.yaml: Is a directory"):
        read_deployments(Project(tmp_path))


def test_the_file_of_this_project_is_legal_and_ships_an_environment_dev():
    read_here = read_deployments(Project(ROOT))
    assert read_here.environments["dev"] == Environment("dev", "your-project-id", "fivetran-dev")
    assert read_here.functions["hed"].connector == "hed"
