"""A function instance for each test: nothing of the machine's environment, and a session of its own."""

import logging

import pytest

from fivetran_function import secret_manager, source
from fivetran_function.budget import TimeBudget

ENVIRONMENT = (
    "ALL_PROXY",
    "API_KEY",
    "BASE_URL",
    "CURL_CA_BUNDLE",
    "FUNCTION_FOLDER",
    "FUNCTION_TIMEOUT_SECONDS",
    "GCP_PROJECT",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_CLOUD_PROJECT",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "LOG_EXECUTION_ID",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
)


@pytest.fixture(autouse=True)
def new_instance(monkeypatch):
    """Forget what an instance keeps between invocations, before and after."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(source, "_session", None)
    secret_manager.access.cache_clear()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    if source._session is not None:
        source._session.close()
    secret_manager.access.cache_clear()


class Sleeps(list):
    """Instead of `time.sleep`: remembers the seconds and waits for none of them."""

    def __call__(self, seconds):
        self.append(seconds)


@pytest.fixture
def sleeps():
    return Sleeps()


@pytest.fixture
def ask(sleeps):
    """Make a source with a budget of so many seconds, of which waiting takes none of the test's own."""

    def make(seconds=540.0):
        return source.Source(TimeBudget(seconds), sleeps)

    return make
