"""What a Connector SDK project is staged from, and what cannot be one."""

import pytest

from fivetran_tools.deployment.connector_sdk.project import ADAPTER, stage_sdk_project
from fivetran_tools.errors import CommandError, UsageError
from tests.support.connector_sdk.deployments import CONNECTOR, deployment
from tests.support.tiny_project import tiny_project, write


@pytest.fixture
def project(tmp_path):
    project = tiny_project(tmp_path / "a checkout")
    write(project.root, {"connectors/tiny/main.py": CONNECTOR})
    return project


def staged_files(project, **rest):
    return stage_sdk_project(project, deployment(**rest)).files


def test_what_is_staged_is_what_the_sdk_uploads(project):
    write(
        project.root / "connectors/tiny",
        {"shapes/__init__.py": "", "shapes/deep/more.py": "", "shapes/py.typed": "", "configuration.json": "{}",
         "shapes/configuration.json": "{}", "README.md": "", "tests/test_it.py": "", "notes.txt": ""},
    )  # fmt: skip
    files = staged_files(project)
    runtime = [name for name in files if name.startswith(("fivetran_function/", "fivetran_protocol/"))]
    own = ["main.py", "shapes/__init__.py", "shapes/deep/more.py"]
    assert sorted([*own, *runtime, "connector.py", "connector_build.py", "requirements.txt"]) == files
    assert {name.rpartition(".")[2] for name in runtime} == {"py"}
    assert len(runtime) > 10


def test_nothing_of_the_connector_changes(project):
    staged = stage_sdk_project(project, deployment("hed-sync", "hed"))
    assert staged.folder == project.root / "build" / "connector-sdk" / "hed-sync"
    assert (staged.folder / "main.py").read_bytes() == (project.root / "connectors/hed/main.py").read_bytes()
    assert (staged.folder / "connector.py").read_bytes() == (ADAPTER / "connector.py").read_bytes()
    assert (staged.folder / "connector_build.py").read_text() == f"BUILD = {staged.build!r}\n"


def test_staging_again_replaces_what_was_there(project):
    staged = stage_sdk_project(project, deployment())
    write(staged.folder, {"code.zip": "", "left_over.py": "", "main.py": "changed"})
    again = stage_sdk_project(project, deployment())
    assert "left_over.py" not in again.files
    assert (again.folder / "main.py").read_text() == CONNECTOR
    assert not [path for path in again.folder.parent.iterdir() if path != again.folder]


@pytest.mark.parametrize(
    ("own", "staged"),
    [
        ("", "orjson>=3.10\nurllib3>=2.2\n"),
        ("requests>=2.31\nFivetran_Connector.SDK>=1\n", "orjson>=3.10\nurllib3>=2.2\n"),
        ("httpx>=0.27  # a client\n", "httpx>=0.27\norjson>=3.10\nurllib3>=2.2\n"),
        ("requests[socks]\n", "orjson>=3.10\nrequests[socks]\nurllib3>=2.2\n"),
        (
            "google-cloud-secret-manager>=2.20\n",
            "google-cloud-secret-manager>=2.20\norjson>=3.10\nurllib3>=2.2\n",
        ),
    ],
)
def test_requirements_leave_out_what_the_sdk_brings_and_what_only_google_runs(project, own, staged):
    write(project.root, {"connectors/tiny/requirements.txt": own})
    assert (stage_sdk_project(project, deployment()).folder / "requirements.txt").read_text() == staged


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"requirements.txt": "requests>=2.33\n"}, "asks for 'requests>=2.33', and the Connector SDK brings"),
        ({"shapes/__init__.py": "", "shapes/names.json": "{}"}, "shapes/names.json: the Connector SDK uploads Python"),
        ({"shapes/__init__.py": "", "shapes/lib/a.py": ""}, "the Connector SDK uploads no folder named 'lib'"),
        ({"files/__init__.py": ""}, "the Connector SDK uploads no folder named 'files'"),
        ({"connector/__init__.py": ""}, "the Connector SDK needs the name 'connector' itself"),
        ({"main.py": "def main(request):\n    return {}\n"}, "main.py declares no tables"),
        ({"main.py": "import nothing_of_that_name\n"}, r"main\.py:1 cannot be imported: .*nothing_of_that_name"),
    ],
)  # fmt: skip
def test_what_the_sdk_would_leave_out_is_refused_in_one_line(project, files, reason):
    write(project.root / "connectors/tiny", files)
    with pytest.raises(CommandError, match=reason) as caught:
        stage_sdk_project(project, deployment())
    assert "\n" not in str(caught.value)
    assert not (project.root / "build" / "connector-sdk" / "tiny").exists()


def test_an_unknown_connector_is_refused(project):
    with pytest.raises(UsageError, match=r"no connector named 'tinny'.*did you mean tiny"):
        stage_sdk_project(project, deployment(connector="tinny"))


def test_a_folder_that_cannot_be_written_is_one_line(project):
    write(project.root, {"build/connector-sdk": "a file"})
    with pytest.raises(CommandError, match=r"^cannot stage tiny into .*: (Not a directory|File exists)$"):
        stage_sdk_project(project, deployment())
