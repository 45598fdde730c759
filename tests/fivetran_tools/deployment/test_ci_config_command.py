"""The command `ci_config update`: fresh or stale, written whole or not at all, and every failure in one line."""

import re

import pytest

from fivetran_tools.deployment.ci_config import render, update
from tests.support.ci_checkout import ci_checkout
from tests.support.deployable_checkout import DEPLOY_FILE

ENVIRONMENTS = DEPLOY_FILE.split("tiny:")[0]
CONFIG = ".circleci/config.yml"


@pytest.fixture
def checkout(tmp_path):
    return ci_checkout(tmp_path / "a checkout")


def test_update_writes_check_is_content_and_a_second_update_changes_nothing(checkout):
    stale = checkout.run("ci_config", "update", "--check")
    assert stale.returncode == 1
    assert stale.stderr == (
        "fivetran: .circleci/config.yml is stale: it is missing; run ./fivetran ci_config update and commit it\n"
    )
    written = checkout.run("ci_config", "update")
    assert (written.returncode, written.stdout) == (
        0,
        ".circleci/config.yml written: connectors tested: 2, functions deployed: 1\n",
    )
    file = checkout.root / CONFIG
    text, stamp = file.read_text(encoding="utf-8"), file.stat().st_mtime_ns
    assert checkout.run("ci_config", "update", "--check").returncode == 0
    assert checkout.run("ci_config", "update").stdout.startswith(".circleci/config.yml is up to date: ")
    assert (file.read_text(encoding="utf-8"), file.stat().st_mtime_ns) == (text, stamp)
    assert file.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in file.parent.iterdir()) == [
        "config.template.yml",
        "config.yml",
        "with_google_login.sh",
    ]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (DEPLOY_FILE + "more: {connector: tiny, environment: dev}\n", "job deploy-more is not in it"),
        (ENVIRONMENTS, "job deploy-tiny is still in it"),
        (DEPLOY_FILE.replace("environment: dev", "environment: prod"), "job deploy-tiny is different"),
    ],
)
def test_check_names_the_job_that_is_stale_and_writes_nothing(checkout, change, says):
    update(checkout.project)
    before = (checkout.root / CONFIG).read_bytes()
    checkout.write("deploy.yaml", change)
    stale = checkout.run("ci_config", "update", "--check")
    assert stale.returncode == 1
    assert stale.stderr == f"fivetran: {CONFIG} is stale: {says}; run ./fivetran ci_config update and commit it\n"
    assert (checkout.root / CONFIG).read_bytes() == before


@pytest.mark.parametrize(("edit", "says"), [("x", "line 1 is different"), ("", "job check-config is not in it")])
def test_a_configuration_edited_by_hand_is_stale(checkout, edit, says):
    file = checkout.root / CONFIG
    file.write_text(edit and f"# {edit}\n" + update(checkout.project).text)
    assert render(checkout.project).staleness() == says
    assert update(checkout.project).text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: &a [*a]", b"jobs: 1", b"[" * 50_000 + b"]" * 50_000])
def test_whatever_stands_in_the_place_of_the_configuration_is_stale_and_replaced(checkout, content):
    (checkout.root / CONFIG).write_bytes(content)
    assert render(checkout.project).staleness()
    update(checkout.project)
    assert render(checkout.project).is_fresh


def test_dry_run_shows_the_difference_and_writes_nothing(checkout):
    update(checkout.project)
    checkout.write("deploy.yaml", DEPLOY_FILE + "more: {connector: tiny, environment: prod}\n")
    before = (checkout.root / CONFIG).read_bytes()
    shown = checkout.run("ci_config", "update", "--dry-run")
    assert shown.returncode == 0
    assert "+          name: deploy-more\n" in shown.stdout
    assert "\n-" not in shown.stdout.split("\n", 2)[2]
    assert (checkout.root / CONFIG).read_bytes() == before


def test_check_and_dry_run_exclude_each_other(checkout):
    both = checkout.run("ci_config", "update", "--check", "--dry-run")
    assert (both.returncode, both.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "deploy.yaml:1: empty: start with 'environments:', as docs/circleci.md shows"),
        ("a: &a [*a, *a]", "deploy.yaml:1: an anchor or alias (& or *), which is not read here: write the value out"),
        (ENVIRONMENTS + "tiny: {connector: tiny", "deploy.yaml:6: not YAML: "),
        ("x" * 10_000_000, "deploy.yaml is larger than 256,000 bytes, and is meant to be short: is it the right file?"),
    ],
)
def test_a_broken_deploy_file_is_one_line_and_nothing_is_written(checkout, text, line):
    # A tool of this kind showed the parser's traceback.
    update(checkout.project)
    before = (checkout.root / CONFIG).read_bytes()
    checkout.write("deploy.yaml", text)
    for words in (["update"], ["update", "--check"], ["changed", "tiny", "--against", "deployed"]):
        refused = checkout.run("ci_config", *words)
        assert refused.returncode == 2, refused
        assert refused.stderr.startswith(f"fivetran: {line}"), refused.stderr
        assert refused.stderr.count("\n") == 1
    assert (checkout.root / CONFIG).read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("executor: python", "executor: ruby", "makes what CircleCI would refuse: job check-config: executor 'ruby' "),
        ("{= header =}", "{= heading =}", "'heading' is undefined: the values there are: connectors, deploys, header"),
        ("{% endfor %}", "{% endfro %}", "Encountered unknown tag 'endfro'"),
        ("version: 2.1", "version: [", "makes what CircleCI would refuse: no YAML in line"),
        ("jobs:\n  check-config:", "jobs: 7\nx:\n  check-config:", "makes what CircleCI would refuse: "),
    ],
)
def test_a_broken_template_is_one_line_and_nothing_is_written(checkout, old, new, line):
    template = checkout.root / ".circleci" / "config.template.yml"
    template.write_text(template.read_text().replace(old, new, 1))
    refused = checkout.run("ci_config", "update")
    assert refused.returncode == 2
    assert re.match(r"fivetran: \.circleci/config\.template\.yml[: ]", refused.stderr)
    assert line in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not (checkout.root / CONFIG).exists()


def test_a_configuration_that_cannot_be_replaced_is_one_line_and_nothing_is_left(checkout):
    (checkout.root / CONFIG).mkdir()
    refused = checkout.run("ci_config", "update")
    assert (refused.returncode, refused.stderr) == (1, f"fivetran: cannot read {CONFIG}: Is a directory\n")
    assert len(list((checkout.root / ".circleci").iterdir())) == 3


def test_an_interrupted_write_leaves_the_old_file_whole(checkout, mocker):
    update(checkout.project)
    before = (checkout.root / CONFIG).read_bytes()
    checkout.write("deploy.yaml", DEPLOY_FILE + "more: {connector: tiny, environment: dev}\n")
    mocker.patch("pathlib.Path.replace", side_effect=OSError(28, "No space left on device"))
    with pytest.raises(Exception, match=r"cannot write \.circleci/config\.yml: No space left on device"):
        update(checkout.project)
    assert (checkout.root / CONFIG).read_bytes() == before
    assert len(list((checkout.root / ".circleci").iterdir())) == 3
