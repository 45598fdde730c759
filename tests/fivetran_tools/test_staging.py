"""What is staged, and what never is."""

import os
import re
import shutil
import stat
import subprocess
import sys

import pytest

from fivetran_local.function import FunctionClient
from fivetran_local.function_process import run_function
from fivetran_protocol import FunctionRequest
from fivetran_tools import staging
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.project import Project
from fivetran_tools.staging import stage
from tests.support.deployable_checkout import deployable_checkout
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
            "notes.txt": "", "credentials.json": "{}", "main.pyc": "",
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


def test_without_git_a_connector_is_staged_all_the_same(project, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    staged = stage(project, "tiny")
    assert (staged.connector, staged.version, staged.commit) == ("tiny", "0.1.0", "no-commit")


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


@pytest.mark.parametrize("moment", ["joined_requirements", "_commit", "_copy_package"])
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


@pytest.mark.parametrize("umask", [0o077, 0o022, 0o000])
def test_what_is_staged_can_be_read_by_whoever_runs_it_whatever_the_umask(project, umask):
    package = project.root / "connectors/tiny/shapes"
    write(project.root, {"connectors/tiny/shapes/__init__.py": "", "connectors/tiny/shapes/deep/more.py": ""})
    (package / "__init__.py").chmod(0o700)
    before = os.umask(umask)
    try:
        folder = stage(project, "tiny").folder
    finally:
        os.umask(before)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o755}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o644}


def test_what_was_staged_under_a_narrow_umask_before_is_mended(project):
    folder = stage(project, "tiny").folder
    (folder / "main.py").chmod(0o600)
    folder.chmod(0o700)
    stage(project, "tiny")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "main.py")] == [0o755, 0o644]


@pytest.mark.parametrize(
    "link", ["main.py", "requirements.txt", "shapes/data.txt", "shapes/loop", "shapes/gone", "words"]
)
def test_a_link_is_named_and_not_followed(project, tmp_path, link):
    write(project.root, {"connectors/tiny/shapes/__init__.py": ""})
    write(tmp_path, {"outside/__init__.py": "", "secret": "sk-canary\n"})
    path = project.root / "connectors/tiny" / link
    path.unlink(missing_ok=True)
    leads_to = {"shapes/loop": ".", "shapes/gone": "nowhere", "words": tmp_path / "outside"}
    path.symlink_to(leads_to.get(link, tmp_path / "secret"))
    with pytest.raises(CommandError, match=rf"^connectors/tiny/{link} is a symbolic link, and no commit holds what it"):
        stage(project, "tiny")
    assert not (project.root / "build/functions/tiny").exists()


def test_a_connector_that_is_itself_a_link_is_named(project, tmp_path):
    (project.root / "connectors/tiny").rename(tmp_path / "elsewhere")
    (project.root / "connectors/tiny").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CommandError, match=r"^connectors/tiny is a symbolic link"):
        stage(project, "tiny")


@pytest.mark.parametrize("name", ["main.py", "requirements.txt", "shapes/pipe"])
def test_what_is_no_file_is_named(project, name):
    write(project.root, {"connectors/tiny/shapes/__init__.py": ""})
    path = project.root / "connectors/tiny" / name
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    with pytest.raises(CommandError, match=rf"^connectors/tiny/{name} is neither a file nor a folder"):
        stage(project, "tiny")


def test_requirements_that_are_a_link_to_nothing_are_not_taken_for_none(project):
    (project.root / "connectors/tiny/requirements.txt").symlink_to("nowhere")
    with pytest.raises(CommandError, match=r"^connectors/tiny/requirements\.txt is a symbolic link"):
        stage(project, "tiny")


def test_links_and_pipes_that_are_never_staged_do_no_harm(project):
    write(project.root, {"connectors/tiny/shapes/__init__.py": "", "connectors/tiny/tests/x": ""})
    (project.root / "connectors/tiny/shapes/.venv").symlink_to("nowhere")
    os.mkfifo(project.root / "connectors/tiny/tests/pipe")
    assert "shapes/__init__.py" in stage(project, "tiny").files


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("json", "Python"),
        ("logging", "Python"),
        ("main", "main.py"),
        ("fivetran_protocol", "the runtime"),
        ("requests", "requests"),
        ("functions_framework", "functions-framework"),
        ("google", "google-"),
        ("flask", "flask"),
        ("not_installed_here", "not-installed-here"),
    ],
)
def test_a_package_that_would_be_imported_in_place_of_another_is_refused(project, name, whose):
    write(project.root, {"connectors/tiny/requirements.txt": "Not.Installed_here>=2\n"})
    write(project.root, {f"connectors/tiny/{name}/__init__.py": "", "connectors/tiny/shapes/__init__.py": ""})
    with pytest.raises(CommandError, match=rf"^tiny has a package named {name}, which is {whose}.*'s name: rename it$"):
        stage(project, "tiny")
    shutil.rmtree(project.root / "connectors/tiny" / name)
    assert "shapes/__init__.py" in stage(project, "tiny").files, "a name that nobody has is free"


@pytest.fixture
def checkout(tmp_path):
    made = deployable_checkout(tmp_path / "a checkout")
    made.write("connectors/tiny/shapes/__init__.py", "")
    made.commit()
    return made


def test_files_that_are_in_the_commit_are_staged_under_its_name(checkout):
    checkout.write('connectors/tiny/shapes/new\nline "quoted" é.py', "")
    checkout.commit()
    staged = stage(checkout.project, "tiny")
    assert (staged.commit, staged.differing) == (checkout.git("rev-parse", "HEAD"), ())


@pytest.mark.parametrize(
    "name", ["shapes/key.json", "shapes/build/x.py", "files/__init__.py", "shapes/new\nline.py", "requirements.txt"]
)
def test_a_file_that_git_hides_makes_the_commit_modified(checkout, name):
    checkout.write(".git/info/exclude", "*")
    checkout.git("config", "status.showUntrackedFiles", "no")
    checkout.write(f"connectors/tiny/{name}", "")
    assert checkout.git("status", "--porcelain") == ""
    staged = stage(checkout.project, "tiny")
    assert staged.commit == checkout.git("rev-parse", "HEAD") + "-modified"
    assert staged.differing == (f"connectors/tiny/{name}",)


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("name", ["connectors/tiny/main.py", "connectors/tiny/shapes/__init__.py", "pyproject.toml"])
def test_a_change_that_git_was_told_not_to_see_makes_the_commit_modified(checkout, flag, name):
    checkout.git("update-index", flag, name)
    with (checkout.root / name).open("a") as file:
        file.write("# changed\n")
    assert checkout.git("status", "--porcelain") == ""
    assert stage(checkout.project, "tiny").differing == (name,)


def test_a_file_that_was_taken_out_of_a_package_makes_the_commit_modified(checkout):
    checkout.write("connectors/tiny/shapes/more.py", "")
    checkout.write("connectors/tiny/shapes/tests/test_it.py", "")
    checkout.commit()
    for name in ("more.py", "tests/test_it.py"):
        checkout.git("update-index", "--skip-worktree", f"connectors/tiny/shapes/{name}")
        (checkout.root / "connectors/tiny/shapes" / name).unlink()
    assert stage(checkout.project, "tiny").differing == ("connectors/tiny/shapes/more.py",)


def test_a_connector_that_has_the_name_of_something_left_out_is_compared_all_the_same(checkout):
    checkout.git("mv", "connectors/tiny", "connectors/simulator")
    checkout.commit()
    name = "connectors/simulator/main.py"
    checkout.git("update-index", "--assume-unchanged", name)
    checkout.write(name, "changed = True\n")
    assert stage(checkout.project, "simulator").differing == (name,)


def test_what_is_staged_is_named_before_what_only_lies_beside_it(checkout):
    checkout.write("connectors/hed/a_note.md", "")
    checkout.write("connectors/tiny/shapes/new.py", "")
    assert stage(checkout.project, "tiny").differing == ("connectors/tiny/shapes/new.py", "connectors/hed/a_note.md")


def test_a_folder_inside_another_repository_is_not_taken_for_its_commit(checkout, tmp_path):
    shutil.rmtree(checkout.root / ".git")
    (tmp_path / ".gitignore").write_text("*\n")
    checkout.root = tmp_path
    checkout.git("init", "-q")
    checkout.git("commit", "-q", "--allow-empty", "-m", "another")
    assert stage(Project(tmp_path / "a checkout"), "tiny").commit == "no-commit"


def test_the_environment_does_not_lead_git_to_another_repository(checkout, tmp_path, monkeypatch):
    other = deployable_checkout(tmp_path / "other")
    other.write("more", "")
    other.commit()
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git/index"))
    staged = stage(checkout.project, "tiny")
    monkeypatch.undo()
    assert staged.commit == checkout.git("rev-parse", "HEAD") != other.git("rev-parse", "HEAD")


def test_a_module_beside_main_is_not_left_out_without_a_word(tmp_path):
    project = tiny_project(tmp_path / "checkout")
    write(project.root, {"connectors/tiny/helpers.py": ""})
    with pytest.raises(
        CommandError, match=r"connectors/tiny/helpers\.py is not staged: put it into main\.py, or into a pac"
    ):
        stage(project, "tiny")
