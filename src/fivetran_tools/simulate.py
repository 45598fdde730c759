"""Starting the simulator of a connector's source, for one `debug` or until somebody stops it."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fivetran_local.function_process import tail
from fivetran_tools.credentials import without_credentials
from fivetran_tools.errors import CommandError
from fivetran_tools.logs import new_log
from fivetran_tools.project import Project

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 5.0
_OWN_END_SECONDS: Final = 2.0


@contextmanager
def simulated_source(project: Project, name: str, *arguments: str) -> Iterator[dict[str, str]]:
    """Run the simulator of a connector's source on a free port; yield the configuration that reaches it.

    Args:
        project: The checkout.
        name: The connector.
        arguments: More words for the simulator.

    Raises:
        UsageError: the connector has no simulator.
        CommandError: it did not start, in the last words of its log.
    """
    module = project.simulator(name)
    log = new_log(project, f"{name}-simulator")
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(  # noqa: S603  # our own words, no shell
            [sys.executable, "-m", module, *arguments, "--exit-with-stdin"],
            cwd=project.root,
            env=without_credentials(),
            stdin=subprocess.PIPE,  # closes when this process dies, however it dies, and the simulator with it
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    try:
        yield _configuration(process, module, log)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def simulate(project: Project, name: str, arguments: list[str]) -> int:
    """Run a simulator in the foreground with its own arguments, until it ends; return its exit code.

    Raises:
        UsageError: the connector has no simulator.
    """
    words = [sys.executable, "-m", project.simulator(name), *arguments, "--exit-with-stdin"]
    # Its standard input is a pipe that closes when this process dies, however it dies.
    environment = without_credentials()
    with subprocess.Popen(words, cwd=project.root, env=environment, stdin=subprocess.PIPE) as process:  # noqa: S603  # no shell
        patience: float | None = None
        while True:
            try:
                return process.wait(patience)
            except KeyboardInterrupt:
                patience = _OWN_END_SECONDS  # a terminal's Ctrl-C has reached it too, and it is ending by itself
            except subprocess.TimeoutExpired:
                process.terminate()  # a signal to this process alone has not
                patience = None


def _configuration(process: "subprocess.Popen[str]", module: str, log: Path) -> dict[str, str]:
    stdout = process.stdout
    line = stdout.readline() if stdout and select.select([stdout], [], [], _START_SECONDS)[0] else ""
    try:
        configuration = json.loads(line)["configuration"]
        return {str(key): str(value) for key, value in configuration.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        reason = tail(log, 1).strip() or "it did not say in one line of JSON how to reach it"
        message = f"the simulator {module} did not start: {reason}; its log is {log}"
        raise CommandError(message) from None
