"""What logs in as us is not given to code that is not ours."""

import os

import pytest

from fivetran_tools.credentials import without_credentials
from fivetran_tools.declaration import read_declaration
from fivetran_tools.staging import stage
from tests.support.tiny_project import tiny_project, write

OURS = [
    "FIVETRAN_API_KEY", "FIVETRAN_API_SECRET", "FIVETRAN_LOCAL_CONTROL_TOKEN", "FUNCTION_ID_TOKEN", "GCP_KEY_BASE64",
    "GCP_SERVICE_ACCOUNT", "GOOGLE_APPLICATION_CREDENTIALS", "CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", "CLOUDSDK_CONFIG",
]  # fmt: skip


@pytest.fixture
def logged_in(monkeypatch):
    for name in (*OURS, "PIP_INDEX_URL", "HED_API_KEY"):
        monkeypatch.setenv(name, "canary")


def test_logins_are_left_out_and_nothing_else(logged_in):
    assert os.environ.keys() - without_credentials().keys() == {name for name in os.environ if name in OURS}


@pytest.fixture
def declared(tmp_path, logged_in):
    """Stage a connector with a `main.py`, and what it declares."""

    def stage_and_read(main):
        project = tiny_project(tmp_path / "checkout")
        write(project.root, {"connectors/tiny/main.py": main})
        staged = stage(project, "tiny")
        before = staged.files
        declaration = read_declaration(staged)
        assert staged.files == before, "what was staged is uploaded as it is"
        return declaration

    return stage_and_read


def test_a_connector_that_is_imported_sees_no_login_and_leaves_nothing_in_its_folder(declared):
    main = "import os\n\ndef main(request):\n    pass\n\nassert not {*os.environ} & {*%r}, 'logged in'\n"
    assert declared(main % OURS).tables == {}
