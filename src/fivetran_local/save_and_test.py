"""Testing connections, and what a test's end makes of their settings."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from fivetran_local.account.settings import Alert, ConnectionSettings, SetupState, SetupTest, SetupTestStatus
from fivetran_local.errors import ConflictError
from fivetran_local.function_config import RUNS_HERE, WHY_NOT, custom_payload_of, secrets_of, trigger_of
from fivetran_local.setup_tests import run_setup_tests
from fivetran_local.syncing.one_sync import Surroundings
from fivetran_local.syncing.telling import RECONNECT
from fivetran_protocol import agent_of

_TEST_SECONDS: Final = 60.0
_MOST_AT_ONCE: Final = 8


class SaveAndTest:
    """Runs the setup tests of connections: one of each at a time, and not too many, as each occupies a thread."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._deciding = threading.Lock()
        self._tested: set[str] = set()

    def test(self, settings: ConnectionSettings, *, has_synced: bool) -> tuple[SetupTest, ...]:
        """Test a connection, and keep what came out with its settings.

        Args:
            settings: the connection's.
            has_synced: whether it ever worked; if so, one that fails is broken and not just incomplete.

        Raises:
            ConflictError: its tests are running already, or those of many other connections.
        """
        with self._alone(settings.id):
            tests = self._run(settings)
        failed = [test for test in tests if test.status is SetupTestStatus.FAILED]

        def judged(old: ConnectionSettings) -> ConnectionSettings:
            if old.config != settings.config:
                return old  # what was tested is not what stands there now
            known = has_synced or old.setup_state is not SetupState.INCOMPLETE
            state = SetupState.CONNECTED if not failed else SetupState.BROKEN if known else SetupState.INCOMPLETE
            tasks = tuple(Alert(RECONNECT, test.title, test.message) for test in failed)
            others = tuple(task for task in old.tasks if failed and task.code != RECONNECT)
            return replace(old, setup_tests=tests, setup_state=state, tasks=(*others, *tasks))

        self._around.store.revise(settings.id, judged)
        self._around.telling.tested(settings, tests, passed=not failed)
        return tests

    def _run(self, settings: ConnectionSettings) -> tuple[SetupTest, ...]:
        if settings.service != RUNS_HERE:
            return (SetupTest("Running here", SetupTestStatus.FAILED, WHY_NOT[settings.service]),)
        return run_setup_tests(
            self._around.functions,
            trigger_of(settings.config),
            agent=agent_of(settings.id, settings.schema),
            secrets=secrets_of(settings.config),
            custom_payload=custom_payload_of(settings.config),
            timeout_seconds=min(self._around.rules.limits.call_timeout_seconds, _TEST_SECONDS),
        )

    @contextmanager
    def _alone(self, connection_id: str) -> Iterator[None]:
        with self._deciding:
            if connection_id in self._tested or len(self._tested) >= _MOST_AT_ONCE:
                whose = "this connection" if connection_id in self._tested else "many connections"
                raise ConflictError(f"the setup tests of {whose} are running: wait for their end and try again")
            self._tested.add(connection_id)
        try:
            yield
        finally:
            self._tested.discard(connection_id)
