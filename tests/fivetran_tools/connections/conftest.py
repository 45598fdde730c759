"""`connection` in this process, without the environment's own Fivetran, and without waiting between two looks."""

import pytest

from fivetran_tools.connections import syncing
from tests.support.connection_answers import Command


@pytest.fixture
def command(capfd, monkeypatch):
    monkeypatch.setattr(syncing, "LOCAL_POLL_SECONDS", 0.001)
    monkeypatch.setattr(syncing, "IDLE_SECONDS", 0)
    return Command(capfd, monkeypatch)
