"""`connector create`: what it makes works, is whole or not there, and its tests fail when it is broken."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from fivetran_tools.connectors import create as creation
from fivetran_tools.connectors.create import create
from fivetran_tools.connectors.paging import Paging
from fivetran_tools.declaration import read_declaration
from fivetran_tools.errors import CommandError, UsageError
from fivetran_tools.staging import stage
from tests.support.tiny_project import ROOT, tiny_project, write

PAGINGS = list(Paging)


@pytest.fixture
def project(tmp_path):
    project = tiny_project(tmp_path / "checkout")
    shutil.copytree(ROOT / "tests" / "support", project.root / "tests" / "support")  # which a connector's tests use
    return project


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("paging", PAGINGS)
def test_what_is_made_is_on_the_list_and_nothing_else(project, paging):
    created = create(project, "weather", paging)
    assert created.files == [
        "README.md",
        "configuration.example.json",
        "main.py",
        "requirements.txt",
        "simulator/__init__.py",
        "simulator/__main__.py",
        "simulator/pages.py",
        "simulator/records.py",
        "tests/conftest.py",
        "tests/pages.py",
        "tests/test_pages.py",
        "tests/test_paging.py",
        "tests/test_simulator.py",
    ]
    assert [path for path in everything(created.folder) if "." in path] == created.files
    assert project.connectors == ["hed", "tiny", "weather"]
    assert project.simulator("weather") == "connectors.weather.simulator"
    for file in created.files:
        text = (created.folder / file).read_text(encoding="utf-8")
        assert not re.search(r"<<|>>|\{%|jinja", text), file


@pytest.mark.parametrize("paging", PAGINGS)
def test_neither_tests_nor_stub_are_staged(project, paging):
    create(project, "weather", paging)
    staged = stage(project, "weather").files
    assert "main.py" in staged
    assert not [file for file in staged if re.search(r"test|simulator|README|configuration", file)]


def test_the_example_configuration_names_a_variable_and_no_key(project):
    folder = create(project, "weather").folder
    example = json.loads((folder / "configuration.example.json").read_text())
    assert example["api_key"] == "$WEATHER_API_KEY"
    assert all(isinstance(value, str) for value in example.values())


def test_what_is_there_stays_as_it_is(project):
    for there in ("hed", "notes", "a_file", "a_link"):
        write(project.root, {"connectors/notes/todo.txt": "keep me"})
        (project.root / "connectors" / "a_file").write_text("keep me")
        link = project.root / "connectors" / "a_link"
        link.unlink(missing_ok=True)
        link.symlink_to("nowhere")
        before = everything(project.root / "connectors")
        with pytest.raises(UsageError, match=f"connectors/{there} exists already, and stays as it is"):
            create(project, there)
        assert everything(project.root / "connectors") == before


def test_a_name_whose_source_is_simulated_elsewhere_is_refused(project):
    write(project.root, {"simulators/weather_api/__main__.py": ""})
    with pytest.raises(UsageError, match="simulators/weather_api would stand before"):
        create(project, "weather")


@pytest.mark.parametrize("name", ["open weather", "../weather", "-x", "class", "main", "w" * 64])
def test_a_wrong_name_makes_nothing(project, name):
    before = everything(project.root.parent)
    with pytest.raises(UsageError, match="a connector cannot be named"):
        create(project, name)
    assert everything(project.root.parent) == before


def test_a_disk_that_is_full_leaves_nothing_behind(project, mocker):
    before = everything(project.root)
    real, written = creation.Path.write_text, []

    def fill(path, *words, **options):
        written.append(path)
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        return real(path, *words, **options)

    mocker.patch.object(creation.Path, "write_text", fill)
    with pytest.raises(CommandError, match=r"cannot create .*weather: No space left on device; nothing was left"):
        create(project, "weather")
    assert everything(project.root) == before


def test_a_folder_that_cannot_be_made_is_one_line(project):
    shutil.rmtree(project.root / "connectors")
    (project.root / "connectors").write_text("")
    with pytest.raises(CommandError, match=r"cannot create .*weather: .*") as error:
        create(project, "weather")
    assert "\n" not in str(error.value)


def test_a_name_that_is_taken_meanwhile_stays(project, mocker):
    taken = project.root / "connectors" / "weather"
    mocker.patch("os.path.lexists", return_value=False)
    write(taken, {"main.py": "of somebody else"})
    with pytest.raises(CommandError, match="cannot create"):
        create(project, "weather")
    assert everything(taken) == ["main.py"]
    assert not list(taken.parent.glob(".*"))


def test_it_gets_its_job_in_ci(project):
    shutil.copytree(ROOT / ".circleci", project.root / ".circleci")
    shutil.copy(ROOT / "deploy.yaml", project.root)
    created = create(project, "weather")
    assert (created.ci_updated, created.ci_problem) == (True, "")
    assert "test-weather" in (project.root / ".circleci" / "config.yml").read_text()


def test_a_deploy_file_that_is_wrong_costs_the_place_in_ci_and_nothing_else(project):
    shutil.copytree(ROOT / ".circleci", project.root / ".circleci")
    write(project.root, {"deploy.yaml": "hed: [\n"})
    created = create(project, "weather")
    assert created.folder.is_dir()
    assert not created.ci_updated
    assert "deploy.yaml:" in created.ci_problem


@pytest.mark.slow
def test_what_is_made_passes_the_projects_linters_whatever_its_name(project):
    for number, paging in enumerate(PAGINGS):
        for name in ("x" * (62 - number), "abc"[number]):
            create(project, name, paging)
    for other in ("hed", "tiny"):
        shutil.rmtree(project.root / "connectors" / other)
    for words in ("ruff check", "ruff format --check", "mypy"):
        words_of_all = [sys.executable, "-m", *words.split(), "connectors"]
        done = subprocess.run(words_of_all, cwd=project.root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def run_tests(project, name="weather"):
    plugins = ["-p", "pytest_mock", "-p", "pytest_timeout", "-p", "no:cacheprovider"]  # of all those installed
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", *plugins, f"connectors/{name}"],
        cwd=project.root,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["json", "requests", "fivetran_function"])
def test_a_name_that_is_also_a_modules_does_no_harm(project, name):
    create(project, name)
    done = run_tests(project, name)
    assert done.returncode == 0, done.stdout
    assert read_declaration(stage(project, name)).tables == {"records": ["id"]}


def mutants(paging, source):
    """Yield each way in which a connector is broken, by what it says: the rendered text and the broken one."""
    for check in re.finditer(r"    if (.+):\n        raise PageError\(f?\"(.*?)\"", source):
        yield f"without the check: {check[2]}", source.replace(f"if {check[1]}:", "if False:", 1)
    everywhere = [
        ('"primary_key": ["id"]', '"primary_key": ["name"]'),
        ('insert={"records": page.records}', 'insert={"rows": page.records}'),
        ('insert={"records": page.records}', 'insert={"records": page.records[1:]}'),
        ("**request.state, ", ""),
        ("1 if request.setup_test else page_size", "page_size"),
        ("most=200", "most=500"),
        ('public_keys=("base_url"', 'public_keys=("api_key", "base_url"'),
        ('"Authorization": f"Bearer {api_key}"', '"Authorization": f"Bearer {request.secrets.get(api_key)}"'),
    ]
    own = {
        Paging.CURSOR: [
            ("has_more=page.has_more", "has_more=not page.has_more"),
            ("has_more=page.has_more", "has_more=False"),
            ("if page.next_cursor else request.state", 'if page.next_cursor else {**request.state, "cursor": None}'),
            ('"cursor": page.next_cursor}', '"cursor": cursor}'),
            ('"cursor": page.next_cursor} if page.next_cursor', '"cursor": page.next_cursor} if page.has_more'),
            ('params["cursor"] = cursor', 'params["cursor"] = cursor.lower()'),
            ("(None, \"\", cursor)", "(None, \"\")"),
        ],
        Paging.OFFSET: [
            ("has_more=offset + len(page.records) < page.total", "has_more=False"),
            ("has_more=offset + len(page.records) < page.total", "has_more=bool(page.records)"),
            ("has_more=offset + len(page.records) < page.total", "has_more=offset + len(page.records) <= page.total"),
            ('"offset": offset + len(page.records)}', '"offset": offset + 3}'),
            ('"offset": offset + len(page.records)}', '"offset": len(page.records)}'),
            ("if page.records else request.state", 'if page.records else {**request.state, "offset": 0}'),
            ("page.total < offset", "False"),
            (' "offset": offset}', ' "offset": 0}'),
        ],
        Paging.SINCE: [
            ("has_more=page.has_more", "has_more=not page.has_more"),
            ("has_more=page.has_more", "has_more=False"),
            ("**next_place(page, since, offset)", ""),
            ("not page.has_more or moment(first) != moment(last)", "True"),
            ("not page.has_more or moment(first) != moment(last)", "moment(first) != moment(last)"),
            ("moment(first) != moment(last)", "first != last"),
            ("moment(first) == moment(since)", "first == since"),
            ("since if again else first", "first"),
            ("(offset if again else 0)", "0"),
            ("(offset if again else 0)", "offset"),
            ("times != sorted(times) or", ""),
            ("or (start and times and times[0] < start)", ""),
            ("tzinfo=read.tzinfo or UTC", "tzinfo=UTC"),
            ("since and moment(since) is None", "False"),
            ('{"updated_since": last, "offset": 0}', '{"updated_since": last, "offset": offset}'),
            ('{"updated_since": last, "offset": 0}', '{"updated_since": first, "offset": 0}'),
            ("        return {}", '        return {"offset": 0}'),
            ("    if since:", "    if False:"),
            (' "offset": offset}\n    if', ' "offset": 0}\n    if'),
        ],
    }  # fmt: skip
    for old, new in (*everywhere, *own[paging]):
        assert old in source, old
        yield f"{old!r} -> {new!r}", source.replace(old, new, 1)


SWALLOWED = """    try:
        page = fetch_page({})
    except Exception:
        return Response(state=request.state)
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("paging", PAGINGS)
def test_its_tests_pass_and_each_line_they_guard_breaks_them(project, paging):
    main = create(project, "weather", paging).folder / "main.py"
    done = run_tests(project)
    assert done.returncode == 0, done.stdout
    source = main.read_text()
    call = re.search(r"    page = fetch_page\((.*)\)\n", source)
    broken = dict(mutants(paging, source))
    broken["errors swallowed"] = source.replace(call[0], SWALLOWED.format(call[1]), 1)
    survivors = []
    for what, text in broken.items():
        assert compile(text, what, "exec") != compile(source, what, "exec"), what
        main.write_text(text)
        done = run_tests(project)
        assert done.returncode in (0, 1), done.stdout
        if done.returncode == 0:
            survivors.append(what)
    assert survivors == []
