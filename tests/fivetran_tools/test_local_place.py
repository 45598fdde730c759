"""`serve` and `connection --local` find each other through the same variables."""

from pathlib import Path

import pytest

from fivetran_tools.cli import main
from fivetran_tools.local_place import local_files, local_port
from fivetran_tools.project import Project


@pytest.fixture
def options(mocker):
    """Give what runs `serve` and returns the options that it would serve with."""
    run = mocker.patch("fivetran_tools.serving.serve.serve")

    def of(*words):
        with pytest.raises(SystemExit) as ended:
            main(["serve", *words])
        assert ended.value.code == 0
        return run.call_args.args[1]

    return of


@pytest.fixture(autouse=True)
def unnamed(monkeypatch):
    for name in ("FIVETRAN_LOCAL_PORT", "FIVETRAN_LOCAL_FOLDER"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_word_it_is_where_it_is_looked_for(options):
    given = options()
    assert (given.port, given.folder) == (8787, Project.here().root / "files")
    assert (given.port, given.folder) == (local_port(), local_files(Project.here().root))


def test_variables_move_both(options, monkeypatch, tmp_path):
    monkeypatch.setenv("FIVETRAN_LOCAL_PORT", "9000")
    monkeypatch.setenv("FIVETRAN_LOCAL_FOLDER", str(tmp_path))
    given = options()
    assert (given.port, given.folder) == (9000, tmp_path)
    assert (local_port(), local_files(Path("/elsewhere"))) == (9000, tmp_path)


def test_an_option_comes_before_its_variable(options, monkeypatch, tmp_path):
    monkeypatch.setenv("FIVETRAN_LOCAL_PORT", "no port")
    monkeypatch.setenv("FIVETRAN_LOCAL_FOLDER", "/nowhere")
    given = options("--port", "0", "--folder", str(tmp_path))
    assert (given.port, given.folder) == (0, tmp_path)


def test_a_port_that_is_none_is_refused_by_its_variables_name(mocker, monkeypatch, capfd):
    run = mocker.patch("fivetran_tools.serving.serve.serve")
    monkeypatch.setenv("FIVETRAN_LOCAL_PORT", "x")
    with pytest.raises(SystemExit) as ended:
        main(["serve"])
    assert ended.value.code == 2
    assert capfd.readouterr().err == "fivetran: FIVETRAN_LOCAL_PORT is no port: expected a number from 1 to 65535\n"
    run.assert_not_called()
