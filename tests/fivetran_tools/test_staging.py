"""What is staged, and what never is."""

import re
import subprocess
import sys

import pytest

from fivetran_local.function import FunctionClient
from fivetran_local.function_process import run_function
from fivetran_protocol import FunctionRequest
from fivetran_tools import staging
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.staging import stage
from tests.support.scripted_source import document, scripted_source
from tests.support.tiny_project import tiny_project, write


@pytest.fixture
def project(tmp_path):
    return tiny_project(tmp_path / "checkout")


def runtime_files(project):
    found = [
        file.relative_to(project.root / "src").as_posix()
        for package in ("fivetran_function", "fivetran_protocol")
        for file in (project.root / "src" / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    ]
    assert len(found) > 10
    return found


def test_what_is_staged_is_on_the_list_and_nothing_else(project):
    connector = project.root / "connectors" / "tiny"
    write(
        connector,
        {
            "requirements.txt": "orjson>=3.10\n",
            "README.md": "", "configuration.json": "{}", "configuration.example.json": "{}", ".env": "KEY=1",
            "notes.txt": "", "helper.py": "", "credentials.json": "{}", "main.pyc": "",
            "tests/__init__.py": "", "tests/test_it.py": "", "simulator/__init__.py": "", "simulator/__main__.py": "",
            "data/table.csv": "", "__pycache__/__init__.py": "",
            "shapes/__init__.py": "", "shapes/page.py": "", "shapes/deep/more.py": "", "shapes/names.json": "{}",
            "shapes/__pycache__/page.cpython-311.pyc": "", "shapes/old.pyc": "", "shapes/.secret": "",
            "shapes/tests/test_page.py": "", "shapes/configuration.json": "{}", "shapes/deep/configuration.json": "{}",
        },
    )  # fmt: skip
    staged = stage(project, "tiny")
    own = ["main.py", "shapes/__init__.py", "shapes/page.py", "shapes/deep/more.py", "shapes/names.json"]
    assert staged.folder == project.root / "build" / "functions" / "tiny"
    assert staged.files == sorted([*own, "requirements.txt", "BUILD", *runtime_files(project)])


def test_what_is_staged_is_verbatim(project):
    staged = stage(project, "hed")
    assert (staged.folder / "main.py").read_bytes() == (project.root / "connectors/hed/main.py").read_bytes()
    for name in runtime_files(project):
        assert (staged.folder / name).read_bytes() == (project.root / "src" / name).read_bytes()


def test_the_real_hed_is_staged_without_what_stands_beside_it(project):
    files = stage(project, "hed").files
    assert set(files) - set(runtime_files(project)) == {"main.py", "requirements.txt", "BUILD"}


def test_staged_twice_is_the_same(project):
    def content():
        staged = stage(project, "hed")
        return {name: (staged.folder / name).read_bytes() for name in staged.files}

    assert content() == content()


def test_the_build_line_says_connector_version_and_commit(project):
    staged = stage(project, "tiny")
    assert (staged.folder / "BUILD").read_text() == staged.build + "\n"
    assert re.fullmatch(r"tiny \d+\.\d+\.\d+ no-commit", staged.build)

    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(["git", *identity, *words], cwd=project.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "all")
    commit = git("rev-parse", "HEAD")
    assert stage(project, "tiny").build.endswith(f" {commit}")
    write(project.root, {"connectors/tiny/main.py": "changed = True\n"})
    assert stage(project, "tiny").build.endswith(f" {commit}-modified")


def requirements(project, *lines):
    write(project.root, {"connectors/tiny/requirements.txt": "\n".join(lines) + "\n"})
    return (stage(project, "tiny").folder / "requirements.txt").read_text().splitlines()


def test_requirements_are_the_runtimes_and_the_connectors(project):
    runtime = requirements(project)
    assert any(line.startswith("functions-framework") for line in runtime)
    own = requirements(project, "# a comment", "", "pandas>=2 # why", "orjson>=3.10", "Requests >= 2.32, < 3")
    assert set(own) - set(runtime) == {"pandas>=2", "Requests<3,>=2.32"}
    assert own == sorted(own, key=str.lower)
    assert own.count("orjson>=3.10") == 1


@pytest.mark.parametrize(
    "line", ["orjson<3", "orjson==2.0", "Orjson~=2.1", "orjson<3.10", "orjson>3,<3.10", "functions_framework==2.*"]
)
def test_requirements_that_no_version_fits_name_both_files(project, line):
    with pytest.raises(CommandError) as caught:
        requirements(project, line)
    assert str(caught.value).startswith("connectors/tiny/requirements.txt asks for '")
    assert "the runtime (pyproject.toml, extra 'function') for '" in str(caught.value)


@pytest.mark.parametrize("line", ["orjson>=3.10,<4", "orjson!=3.10", "orjson>3.10", "orjson==3.11.*", "orjson~=3.10"])
def test_requirements_that_a_version_fits_are_kept(project, line):
    assert len([one for one in requirements(project, line) if one.startswith("orjson")]) == 2


@pytest.mark.parametrize("line", ["-r other.txt", "not a requirement", "orjson>=", "-e ."])
def test_a_line_that_is_no_requirement_is_told_with_its_number(project, line):
    with pytest.raises(CommandError, match=r"tiny/requirements\.txt:2: '.*' is not a requirement like"):
        requirements(project, "requests", line)


def test_requirements_in_another_encoding_are_told(project):
    (project.root / "connectors/tiny/requirements.txt").write_bytes("orjson>=3.10\n".encode("utf-16"))
    with pytest.raises(CommandError, match="is not UTF-8 text"):
        stage(project, "tiny")


def test_a_package_named_like_the_runtime_is_refused(project):
    write(project.root, {"connectors/tiny/fivetran_function/__init__.py": ""})
    with pytest.raises(CommandError, match="a package named fivetran_function, which is the runtime's name: rename it"):
        stage(project, "tiny")


def test_a_connector_that_is_not_there_is_named_with_the_nearest(project):
    with pytest.raises(UsageError, match="no connector named 'hedd' under connectors/: did you mean hed"):
        stage(project, "hedd")
    with pytest.raises(UsageError, match="there are: hed, tiny"):
        stage(project, "zzz")


@pytest.mark.parametrize("moment", ["_requirements", "_commit", "_copy_package"])
def test_a_staging_that_stops_half_way_leaves_what_was_there(project, monkeypatch, moment):
    before = stage(project, "tiny")
    content = {name: (before.folder / name).read_bytes() for name in before.files}
    write(project.root, {"connectors/tiny/main.py": "changed = True\n"})

    def stop(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staging, moment, stop)
    with pytest.raises((CommandError, OSError), match="No space left on device"):
        stage(project, "tiny")
    assert {name: (before.folder / name).read_bytes() for name in before.files} == content
    assert list(before.folder.parent.iterdir()) == [before.folder], "no scratch folder stays behind"


def test_what_is_the_same_already_stays_for_those_who_run_it(project):
    before = stage(project, "tiny").folder.stat().st_ino
    assert stage(project, "tiny").folder.stat().st_ino == before
    write(project.root, {"connectors/tiny/main.py": "changed = True\n"})
    assert stage(project, "tiny").folder.stat().st_ino != before


def test_what_a_run_left_behind_is_cleaned_away(project):
    staged = stage(project, "tiny")
    write(staged.folder, {"__pycache__/main.cpython-311.pyc": "", "fivetran_function/left.txt": ""})
    assert not [name for name in stage(project, "tiny").files if "left" in name or "pycache" in name]


def test_a_file_that_was_removed_is_not_staged_any_more(project):
    write(project.root, {"connectors/tiny/shapes/__init__.py": "", "connectors/tiny/shapes/page.py": ""})
    stage(project, "tiny")
    (project.root / "connectors/tiny/shapes/page.py").unlink()
    assert "shapes/page.py" not in stage(project, "tiny").files


def test_a_folder_that_cannot_be_written_is_told(project):
    write(project.root, {"build": "a file"})
    with pytest.raises(CommandError, match="cannot stage tiny into"):
        stage(project, "tiny")


@pytest.mark.slow
def test_the_staged_folder_runs_where_only_its_requirements_are_installed(project, tmp_path):
    staged = stage(project, "hed")
    venv = tmp_path / "venv"
    python = venv / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=120)
    words = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*words, "-r", str(staged.folder / "requirements.txt")], check=True, timeout=600)
    found = subprocess.run(
        [str(python), "-c", "import fivetran_function; print(fivetran_function.__file__)"],
        cwd=staged.folder, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    assert found == str(staged.folder / "fivetran_function" / "__init__.py")
    page = {"hed_records": [{"record_id": "r1"}], "next_cursor": "c", "has_more": True}
    with (
        scripted_source(document(page)) as source,
        run_function(staged.folder, tmp_path / "log", timeout_seconds=60, python=str(python)) as function,
    ):
        client = FunctionClient(function.url, timeout_seconds=60)
        secrets = {"api_key": "k", "base_url": source.url}
        answer = client.call(FunctionRequest(secrets=secrets, setup_test=True)).document
        client.close()
    assert (answer["state"], answer["hasMore"], answer["insert"]) == ({}, False, {})
    assert source.asked[0].query == {"page_size": "1"}
