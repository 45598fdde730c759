"""`connector list`: one row for each connector, whatever state it is in."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from fivetran_tools.checking.last_check import LastCheck
from fivetran_tools.connectors import formats, terminal
from fivetran_tools.connectors.create import create
from fivetran_tools.connectors.listing import list_connectors
from tests.support.tiny_project import tiny_project, write

DEPLOY = """
environments:
  dev: {project: a-project, context: a-context}
  live: {project: another-project, context: another-context}
hed: {connector: hed, environment: dev}
hed-live: {connector: hed, environment: live}
"""


@pytest.fixture
def project(tmp_path):
    return tiny_project(tmp_path / "checkout")


def note(project, name, **changes):
    text = {
        "checked_at": "2026-11-21T05:38:00+00:00",
        "build": "",
        "passed": 40,
        "errors": 1,
        "warnings": 2,
        "waived": 0,
        "not_run": 3,
        **changes,
    }
    write(project.root, {f"files/checks/{name}.json": json.dumps(text)})


def by_name(project):
    return {listed.name: listed for listed in list_connectors(project).connectors}


def test_tables_deployments_and_the_last_check(project):
    write(project.root, {"deploy.yaml": DEPLOY})
    note(project, "hed")
    listed = by_name(project)
    assert list(listed) == ["hed", "tiny"]
    assert listed["hed"].tables["hed_records"] == ["record_id"]
    assert listed["hed"].deployments == {"hed": "dev", "hed-live": "live"}
    assert listed["hed"].last_check == LastCheck("2026-11-21T05:38:00+00:00", "", 40, 1, 2, 0, 3)
    assert listed["hed"].changed_since
    assert (listed["tiny"].tables, listed["tiny"].deployments, listed["tiny"].last_check) == ({}, {}, None)


def test_a_check_is_told_apart_from_one_of_older_code(project):
    create(project, "weather")
    later = datetime.now(UTC) + timedelta(seconds=5)
    note(project, "weather", checked_at=later.isoformat())
    assert not by_name(project)["weather"].changed_since
    main = project.root / "connectors" / "weather" / "main.py"
    main.write_text(main.read_text() + "\n")
    os.utime(main, (later.timestamp() + 5,) * 2)
    assert by_name(project)["weather"].changed_since


def test_a_broken_connector_says_so_in_its_row_and_costs_the_others_nothing(project):
    write(project.root, {"connectors/broken/main.py": "import nothing_of_this_name\n"})
    write(project.root, {"connectors/odd/main.py": "", "connectors/odd/requirements.txt": "not a requirement!\n"})
    listed = by_name(project)
    assert "No module named 'nothing_of_this_name'" in listed["broken"].error
    assert "is not a requirement" in listed["odd"].error
    assert listed["hed"].error == ""
    assert listed["hed"].tables


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"checked_at": 7}', '{"checked_at": "soon"}', "\udcff"])
def test_a_note_that_cannot_be_read_is_no_check(project, text):
    write(project.root, {"files/checks/hed.json": ""})
    (project.root / "files/checks/hed.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert by_name(project)["hed"].last_check is None


def test_a_deploy_file_that_is_wrong_stands_under_the_list(project):
    write(project.root, {"deploy.yaml": "hed: [\n"})
    listing = list_connectors(project)
    assert "deploy.yaml" in listing.error
    assert [listed.name for listed in listing.connectors] == ["hed", "tiny"]


def test_what_a_program_reads_is_a_line_for_each_connector(project, mocker, capsys):
    write(project.root, {"deploy.yaml": DEPLOY, "connectors/broken/main.py": "raise ValueError('\\x1b[2J')\n"})
    note(project, "hed")
    terminal.show(list_connectors(project))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == 4
    assert lines[0].split() == ["name", "tables", "deployments", "last", "check"]
    assert "cannot be imported: ValueError" in lines[1]
    assert lines[2].endswith("40 passed, 1 error, 2 warnings, 2026-11-21 05:38, changed since")
    assert re.search(
        r"^hed +hed_records, hed_students, hed_rejected_records +hed \(dev\), hed-live \(live\) ", lines[2]
    )
    assert lines[3].endswith("never")
    assert "\x1b" not in "".join(lines)


def test_a_terminal_gets_a_table_and_no_control_characters_of_others(project, mocker, capsys):
    write(project.root, {"connectors/broken/main.py": "raise ValueError('\\x1b[2J')\n"})
    mocker.patch.object(terminal, "Console", return_value=Console(force_terminal=True, width=100))
    terminal.show(list_connectors(project))
    shown = capsys.readouterr().out
    assert "hed_rejected_records" in shown
    assert "\x1b[2J" not in shown


def test_json_for_scripts(project):
    write(project.root, {"deploy.yaml": DEPLOY})
    listed = json.loads(formats.as_json(list_connectors(project)))
    assert listed["connectors"][0]["deployments"] == {"hed": "dev", "hed-live": "live"}
    assert listed["connectors"][1]["last_check"] is None


def test_a_checkout_without_connectors_says_how_to_make_one(tmp_path, capsys):
    project = tiny_project(tmp_path / "checkout")
    (project.root / "connectors").rename(tmp_path / "elsewhere")
    terminal.show(list_connectors(project))
    assert "./fivetran connector create weather" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["connector", "list", "--format", "yaml"], ["connector", "create"], ["connector"]])
def test_wrong_words_are_exit_code_2(words):
    done = subprocess.run([sys.executable, "-m", "fivetran_tools", *words], capture_output=True, check=False)
    assert done.returncode == 2
