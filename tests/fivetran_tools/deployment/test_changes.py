"""Whether a connector or a function changed: in real git checkouts, and through the command."""

import dataclasses
import re
import shutil
import subprocess
from contextlib import contextmanager

import pytest

from fivetran_tools.deployment.changes import connector_changed, function_changed, since_commit
from fivetran_tools.deployment.deploy_file import read_deployments
from tests.support.ci_checkout import ci_checkout
from tests.support.deployable_checkout import DEPLOY_FILE, DeployableCheckout
from tests.support.fake_gcloud import function_json, gcloud_of
from tests.support.scripted_source import document, scripted_source

ANSWERS = document({"state": {}, "insert": {}, "hasMore": False})
MISSING = (
    "ERROR: (gcloud.functions.describe) ResponseError: status=[404], code=[Not Found], message=[Resource "
    "'projects/dev-project/locations/us-central1/functions/tiny' was not found]\n"
)


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    made = ci_checkout(tmp_path_factory.mktemp("original") / "a checkout")
    made.write("connectors/tiny/words/__init__.py", "")
    made.write("connectors/tiny/words/list.txt", "a\n")
    made.write("connectors/tiny/notes/note.txt", "no package: never staged\n")
    made.write("connectors/tiny/README.md", "tiny\n")
    made.commit()
    return made


@pytest.fixture
def checkout(original, tmp_path):
    """A branch that was just made from origin/main."""
    shutil.copytree(original.root, tmp_path / "a checkout", symlinks=True)
    made = DeployableCheckout(tmp_path / "a checkout")
    made.git("update-ref", "refs/remotes/origin/main", "HEAD")
    made.git("checkout", "-q", "-b", "branch")
    return made


def tiny(checkout):
    return read_deployments(checkout.project).functions["tiny"]


def change(checkout, name):
    text = (checkout.root / name).read_text() if (checkout.root / name).exists() else ""
    checkout.write(name, text + "\n")
    return checkout.commit()


TESTED = {
    "connectors/tiny/main.py": True,
    "connectors/tiny/words/list.txt": True,
    "connectors/tiny/tests/test_tiny.py": True,
    "connectors/tiny/tests/test_new.py": True,
    "connectors/tiny/README.md": True,
    "simulators/tiny_api/__main__.py": True,
    "src/fivetran_function/source.py": True,
    "src/fivetran_protocol/__init__.py": True,
    "requirements.lock": True,
    "src/fivetran_tools/cli.py": False,
    "connectors/hed/main.py": False,
    "simulators/hed_api/api.py": False,
    "docs/circleci.md": False,
    "pyproject.toml": False,
    "deploy.yaml": False,
}
DEPLOYED = {
    "connectors/tiny/main.py": True,
    "connectors/tiny/requirements.txt": True,
    "connectors/tiny/words/list.txt": True,
    "connectors/tiny/words/new.py": True,
    "src/fivetran_function/source.py": True,
    "src/fivetran_protocol/__init__.py": True,
    "src/fivetran_tools/staging.py": True,
    "src/fivetran_tools/deployment/deployments.py": True,
    "src/fivetran_tools/deployment/gcloud_arguments.py": True,
    "connectors/tiny/notes/note.txt": False,
    "connectors/tiny/tests/test_tiny.py": False,
    "connectors/tiny/words/tests/test_words.py": False,
    "connectors/tiny/words/.hidden": False,
    "connectors/tiny/README.md": False,
    "connectors/tiny/configuration.example.json": False,
    "connectors/hed/main.py": False,
    "src/fivetran_tools/cli.py": False,
    "requirements.lock": False,
    "pyproject.toml": False,
    "deploy.yaml": False,
}


@pytest.mark.parametrize(("name", "counts"), TESTED.items())
def test_what_a_connectors_tests_can_see_counts_for_its_tests(checkout, name, counts):
    base = checkout.git("rev-parse", "HEAD")[:12]
    change(checkout, name)
    verdict = connector_changed(checkout.project, "tiny")
    assert verdict.changed is counts
    assert verdict.reason == (f"tiny changed since {base}: {name}" if counts else f"tiny is unchanged since {base}")


@pytest.mark.parametrize(("name", "counts"), DEPLOYED.items())
def test_what_is_staged_counts_for_a_deploy(checkout, name, counts):
    before = checkout.git("rev-parse", "HEAD")
    change(checkout, name)
    verdict = since_commit(checkout.project, tiny(checkout), before)
    assert verdict.changed is counts
    assert verdict.reason.endswith(f": {name}" if counts else f"tiny is unchanged since {before[:12]}")


def test_what_counts_for_a_deploy_is_what_staging_takes(checkout):
    """Each file of the connector and the runtime, removed on its own, changes the staged folder or nothing."""
    from fivetran_tools.staging import stage

    before = checkout.git("rev-parse", "HEAD")
    staged = set(stage(checkout.project, "tiny").files)
    assert {"main.py", "words/list.txt", "fivetran_function/source.py"} <= staged
    for file in [path for path in (checkout.root / "connectors/tiny").rglob("*") if path.is_file()]:
        name = file.relative_to(checkout.root / "connectors/tiny").as_posix()
        if name == "main.py" or name.endswith("__init__.py"):
            continue
        file.unlink()
        checkout.commit()
        assert since_commit(checkout.project, tiny(checkout), before).changed is (name in staged), name
        checkout.git("reset", "-q", "--hard", before)


def test_a_file_that_moved_or_went_counts(checkout):
    before = checkout.git("rev-parse", "HEAD")
    checkout.git("mv", "connectors/tiny/words/list.txt", "connectors/tiny/words/names.txt")
    checkout.commit()
    reason = since_commit(checkout.project, tiny(checkout), before).reason
    assert reason.endswith("connectors/tiny/words/list.txt, connectors/tiny/words/names.txt")
    checkout.git("rm", "-q", "-r", "connectors/tiny/words")
    checkout.commit()
    assert since_commit(checkout.project, tiny(checkout), before).reason.endswith(
        "words/__init__.py, connectors/tiny/words/list.txt"
    )


def test_requirements_of_the_runtime_count_for_both(checkout):
    before = checkout.git("rev-parse", "HEAD")
    text = (checkout.root / "pyproject.toml").read_text()
    checkout.write("pyproject.toml", text.replace('"requests>=2.32"', '"requests>=2.33"', 1))
    checkout.commit()
    for verdict in (
        connector_changed(checkout.project, "tiny"),
        since_commit(checkout.project, tiny(checkout), before),
    ):
        assert verdict.changed
        assert verdict.reason.endswith(": pyproject.toml (extra 'function')")


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("# a comment\n" + DEPLOY_FILE, False),
        (DEPLOY_FILE.replace("{connector: tiny, environment: dev}", "{environment: 'dev', connector: tiny}"), False),
        (DEPLOY_FILE.replace("environment: dev", "environment: dev, memory: 512Mi"), False),
        (DEPLOY_FILE + "other: {connector: tiny, environment: dev}\n", False),
        (DEPLOY_FILE.replace("environment: dev", "environment: dev, memory: 1Gi"), True),
        (DEPLOY_FILE.replace("environment: dev", "environment: prod"), True),
        (DEPLOY_FILE.replace("dev-project", "dev-project-2"), True),
        (DEPLOY_FILE.replace("connector: tiny", "connector: hed"), True),
    ],
)  # fmt: skip
def test_the_entry_in_deploy_yaml_counts_by_its_values(checkout, text, changed):
    before = checkout.git("rev-parse", "HEAD")
    checkout.write("deploy.yaml", text)
    checkout.commit()
    verdict = since_commit(checkout.project, tiny(checkout), before)
    assert verdict.changed is changed
    assert ("deploy.yaml (tiny)" in verdict.reason) is changed


def test_a_deploy_file_that_could_not_be_read_then_counts_as_changed(checkout):
    checkout.write("deploy.yaml", "{")
    broken = checkout.commit()
    checkout.write("deploy.yaml", DEPLOY_FILE)
    checkout.commit()
    verdict = since_commit(checkout.project, tiny(checkout), broken)
    assert verdict.changed
    assert verdict.reason.startswith(f"tiny counts as changed: deploy.yaml of {broken[:12]}:")


@pytest.mark.parametrize("label", ["", "no-commit", "0" * 40, "HEAD", "branch", "--help", "../x", "a b", "HEAD~1"])
def test_a_label_that_is_no_commit_of_this_clone_counts_as_changed(checkout, label):
    change(checkout, "docs/x.md")
    verdict = since_commit(checkout.project, tiny(checkout), label)
    assert verdict.changed
    assert verdict.reason.startswith("tiny counts as changed: it")


def test_what_was_deployed_from_a_modified_checkout_counts_as_changed(checkout):
    assert since_commit(checkout.project, tiny(checkout), checkout.git("rev-parse", "HEAD") + "-modified").changed


def test_a_shortened_commit_is_known(checkout):
    assert not since_commit(checkout.project, tiny(checkout), checkout.git("rev-parse", "--short=9", "HEAD")).changed


@pytest.mark.parametrize("entry", ["", ", target: connector-sdk"])
def test_only_the_newest_commit_of_the_main_branch_is_deployed_and_google_is_not_asked(checkout, fake, entry):
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev}", f"environment: dev{entry}}}"))
    older = checkout.commit()
    newer = change(checkout, "connectors/tiny/main.py")
    checkout.git("update-ref", "refs/remotes/origin/main", newer)
    checkout.git("checkout", "-q", older)
    left_alone = (3, "tiny is left alone: a newer commit of main deploys")
    assert ask(checkout, "tiny", "--against", "deployed") == left_alone
    assert not fake.asked


def test_a_commit_that_was_forced_off_the_main_branch_is_not_deployed(checkout, fake):
    forced_off = change(checkout, "connectors/tiny/main.py")
    checkout.git("reset", "-q", "--hard", "HEAD~1")
    kept = change(checkout, "connectors/tiny/words/list.txt")
    checkout.git("update-ref", "refs/remotes/origin/main", kept)
    checkout.git("checkout", "-q", forced_off)
    left_alone = (3, "tiny is left alone: this commit is not on origin/main")
    assert ask(checkout, "tiny", "--against", "deployed") == left_alone
    assert not fake.asked


def test_where_the_main_branch_is_not_known_what_runs_decides(checkout, mocker):
    checkout.git("update-ref", "-d", "refs/remotes/origin/main")
    mocker.patch("fivetran_tools.deployment.gcloud.what_runs", return_value=None)
    assert function_changed(checkout.project, tiny(checkout)).changed


def test_a_deploy_from_an_unmerged_branch_does_not_count_as_newer(checkout):
    main = checkout.git("rev-parse", "HEAD")
    ahead = change(checkout, "connectors/tiny/main.py")
    checkout.git("checkout", "-q", main)
    assert since_commit(checkout.project, tiny(checkout), ahead).changed


def test_a_deploy_that_failed_is_tried_again(checkout):
    """The label still names the commit before, whatever happened on the main branch since."""
    running = checkout.git("rev-parse", "HEAD")
    change(checkout, "connectors/tiny/main.py")
    change(checkout, "docs/x.md")
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert since_commit(checkout.project, tiny(checkout), running).changed


def test_on_the_main_branch_every_connector_is_tested(checkout):
    change(checkout, "docs/x.md")
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")
    verdict = connector_changed(checkout.project, "tiny")
    assert verdict.changed
    assert verdict.reason == "tiny counts as changed: this commit is in origin/main, where everything is tested"


def test_on_the_branch_main_every_connector_is_tested_also_when_it_was_forced_back(checkout):
    """Nothing differs from where it left origin/main, which is the older one then."""
    checkout.git("branch", "-q", "-M", "main")
    change(checkout, "docs/x.md")
    verdict = connector_changed(checkout.project, "tiny")
    assert (verdict.changed, verdict.reason) == (
        True,
        "tiny counts as changed: this is the branch main, where everything is tested",
    )


def test_a_change_on_the_main_branch_since_is_no_change_of_the_branch(checkout):
    base = checkout.git("rev-parse", "HEAD")
    on_main = change(checkout, "connectors/tiny/main.py")
    checkout.git("update-ref", "refs/remotes/origin/main", on_main)
    checkout.git("checkout", "-q", base)
    change(checkout, "docs/x.md")
    assert connector_changed(checkout.project, "tiny").reason == f"tiny is unchanged since {base[:12]}"


def test_where_the_main_branch_is_not_known_everything_counts_as_changed(checkout, tmp_path):
    checkout.git("update-ref", "-d", "refs/remotes/origin/main")
    assert connector_changed(checkout.project, "tiny").changed
    change(checkout, "docs/x.md")
    subprocess.run(
        ["git", "clone", "-q", "--depth=1", "--branch=branch", checkout.root.as_uri(), tmp_path / "shallow"], check=True
    )
    shallow = DeployableCheckout(tmp_path / "shallow")
    assert connector_changed(shallow.project, "tiny").changed
    assert since_commit(shallow.project, tiny(shallow), checkout.git("rev-parse", "HEAD~1")).changed


def test_a_checkout_without_git_counts_as_changed(checkout):
    shutil.rmtree(checkout.root / ".git")
    assert connector_changed(checkout.project, "tiny").changed
    assert since_commit(checkout.project, tiny(checkout), "0" * 40).changed


def test_a_change_that_is_not_committed_yet_counts_in_the_entry(checkout):
    other = dataclasses.replace(tiny(checkout), memory_mib=2048)
    assert since_commit(checkout.project, other, checkout.git("rev-parse", "HEAD")).changed


# The command, with what runs told by a gcloud that the test speaks for.


@pytest.fixture
def fake(checkout, tmp_path):
    return gcloud_of(checkout, tmp_path / "bin")


def ask(checkout, *words):
    done = checkout.run("ci_config", "changed", *words)
    return done.returncode, (done.stdout or done.stderr).rstrip()


def merge(checkout):
    """Make the commit that is checked out the newest of the main branch."""
    checkout.git("update-ref", "refs/remotes/origin/main", "HEAD")


@contextmanager
def running(checkout, fake, answer):
    """Let tiny run at the commit that is checked out, and answer so."""
    with scripted_source(answer) as function:
        told = function_json(commit=checkout.git("rev-parse", "HEAD"), url=function.url)
        fake.answers("describe", "tiny", stdout=told)
        fake.answers("get-value", stdout="me@example.org\n")
        fake.answers("print-identity-token", stdout="made-up-token\n")
        yield function


def test_exit_code_3_says_unchanged_and_0_changed(checkout, fake):
    commit = checkout.git("rev-parse", "HEAD")
    with running(checkout, fake, ANSWERS):
        assert ask(checkout, "tiny", "--against", "deployed") == (3, f"tiny is unchanged since {commit[:12]}")
        change(checkout, "docs/x.md")
        assert ask(checkout, "tiny", "--against", "merge-base") == (3, f"tiny is unchanged since {commit[:12]}")
        change(checkout, "connectors/tiny/main.py")
        changed = (0, f"tiny changed since {commit[:12]}: connectors/tiny/main.py")
        assert ask(checkout, "tiny", "--against", "merge-base") == changed
        merge(checkout)
        assert ask(checkout, "tiny", "--against", "deployed") == changed


def test_a_version_that_was_deployed_and_does_not_answer_counts_as_changed(checkout, fake):
    """Its deploy was red; the next run must not be green because the label says that it is there."""
    broken = {"errorMessage": "broken on\n\x1b[2Jpurpose", "errorType": "ValueError", "stackTrace": []}
    with running(checkout, fake, document(broken, 500)) as function:
        code, line = ask(checkout, "tiny", "--against", "deployed")
    why = "the function reports an error (500): ValueError: broken on [2Jpurpose"
    assert (code, line) == (0, f"tiny counts as changed: what runs does not answer: {why}")
    (asked,) = function.asked
    assert asked.headers["Authorization"] == "Bearer made-up-token"


def test_a_version_that_lets_nobody_in_counts_as_changed(checkout, fake):
    with running(checkout, fake, ANSWERS):
        fake.answers("print-identity-token", stderr="ERROR: no\n", code=1)
        code, line = ask(checkout, "tiny", "--against", "deployed")
    assert code == 0
    assert line.startswith("tiny counts as changed: what runs does not answer: gcloud gives no identity token")


@pytest.mark.parametrize(
    ("secrets", "code"),
    [("API_KEY: 'tiny-key:3'", 3), ("API_KEY: 'tiny-key:3', GREETING: 'greeting:1'", 0)],
)
def test_what_runs_may_miss_what_only_fivetrans_form_will_give_it(checkout, fake, secrets, code):
    checkout.write(
        "deploy.yaml", DEPLOY_FILE.replace("environment: dev}", f"environment: dev, secrets: {{{secrets}}}}}")
    )
    checkout.commit()
    merge(checkout)
    missing = {"errorMessage": "the secret 'greeting' is missing", "errorType": "ConfigurationError", "stackTrace": []}
    with running(checkout, fake, document(missing, 400)):
        assert ask(checkout, "tiny", "--against", "deployed")[0] == code


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"stderr": MISSING, "code": 1}, "it is not deployed yet"),
        ({"stdout": function_json()}, "its labels do not say what runs"),
        ({"stdout": function_json(commit="a" * 40, state="FAILED")}, "its last deploy did not go through (FAILED)"),
        ({"stdout": function_json(commit="a" * 40)}, f"it runs {'a' * 40}, which is no commit of this clone"),
    ],
)
def test_a_function_that_cannot_be_compared_counts_as_changed(checkout, fake, answer, reason):
    fake.answers("describe", **answer)
    assert ask(checkout, "tiny", "--against", "deployed") == (0, f"tiny counts as changed: {reason}")


def test_a_connection_of_the_connector_sdk_counts_as_changed_without_asking_google(checkout, fake):
    checkout.write("deploy.yaml", DEPLOY_FILE.replace("environment: dev", "environment: dev, target: connector-sdk"))
    code, reason = ask(checkout, "tiny", "--against", "deployed")
    assert (code, reason) == (0, "tiny counts as changed: Fivetran does not tell which commit a connection runs")
    assert not fake.asked


@pytest.mark.parametrize("variable", ["FIVETRAN_CONNECTION_NAME", "FIVETRAN_CONFIGURATION"])
def test_a_context_that_would_send_two_connectors_to_one_connection_is_refused(checkout, fake, variable):
    text = DEPLOY_FILE.replace("environment: dev", "environment: dev, target: connector-sdk")
    checkout.environment[variable] = "one"
    checkout.write("deploy.yaml", text)
    assert ask(checkout, "tiny", "--against", "deployed")[0] == 0
    checkout.write("deploy.yaml", text + "other: {connector: hed, environment: prod, target: connector-sdk}\n")
    assert ask(checkout, "tiny", "--against", "deployed")[0] == 0
    checkout.write("deploy.yaml", text + "other: {connector: hed, environment: dev, target: connector-sdk}\n")
    code, line = ask(checkout, "tiny", "--against", "deployed")
    assert code == 2
    assert line == (
        f"fivetran: {variable} is set, and other and tiny would share one connection: "
        "take it out of the context fivetran-dev"
    )


def test_google_that_does_not_answer_is_a_failure_and_not_unchanged(checkout, fake):
    fake.answers("describe", stderr="ERROR: (gcloud.functions.describe) ResponseError: status=[503]\n", code=1)
    code, line = ask(checkout, "tiny", "--against", "deployed")
    assert code == 1
    assert "status=[503]" in line


def test_an_unknown_name_is_one_line(checkout):
    for against in ("merge-base", "deployed"):
        code, line = ask(checkout, "payroll", "--against", against)
        assert code == 2
        assert re.fullmatch(r"fivetran: no (connector|function) named 'payroll' .*: there are: .*tiny", line)
    assert ask(checkout, "tiny", "--against", "yesterday")[0] == 2
