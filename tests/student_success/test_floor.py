"""The oldest Streamlit that Streamlit in Snowflake's containers have: the pages' tests, in an environment with it."""

import os
import subprocess

import pytest

from tests.support.client_environments import client_python
from tests.support.student_success import ROOT

PLUGINS = ("no:schemathesis", "no:cacheprovider", "no:xdist")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_page_opens_with_the_oldest_streamlit() -> None:
    python = client_python("student_success/floor")
    version = "import sys, streamlit; print(*sys.version_info[:2], streamlit.__version__)"
    said = subprocess.run([python, "-c", version], capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.startswith("3 11 1.50.")
    words = [python, "-m", "pytest", "-q", "-c", "pyproject.toml", "tests/student_success/test_pages.py"]
    words += [word for plugin in PLUGINS for word in ("-p", plugin)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}:{ROOT / 'apps' / 'student_success'}"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
