"""The connector, imported as functions-framework does it, and connected to a scripted source."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.hed.tests.calling import Connection
from tests.support.connectors import imported
from tests.support.scripted_source import Answer, scripted_source


@pytest.fixture(scope="session")
def hed():
    """Import `connectors/hed/main.py` as functions-framework does."""
    return imported(Path(__file__).parents[1])


@pytest.fixture
def connect(hed):
    """Return a context manager that starts a source which plays a script."""

    @contextmanager
    def started(*script: Answer) -> Iterator[Connection]:
        with scripted_source(*script) as source:
            yield Connection(hed.main, source)

    return started
