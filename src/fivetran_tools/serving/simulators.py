"""Simulated sources that run beside the local Fivetran, each at a port of its own."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

from fivetran_local.account.account_file import AccountStore
from fivetran_tools.project import Project
from fivetran_tools.serving.ports import FIRST_PORT, keep_ports, wait_until_free
from fivetran_tools.simulate import simulated_source

_PORT_SECONDS: Final = 5.0
"""For the simulator of an earlier `serve`, which was killed, to leave its port."""


@contextmanager
def simulated_sources(
    project: Project, store: AccountStore, connectors: Iterable[str], first_port: int = FIRST_PORT
) -> Iterator[Mapping[str, Mapping[str, str]]]:
    """Run the simulators of some connectors' sources; yield the configuration that reaches each.

    Args:
        project: The checkout.
        store: The account, which keeps their ports.
        connectors: Whose.
        first_port: New ports are from here on.

    Raises:
        UsageError: a connector has no simulator.
        CommandError: one did not start, in its own words.
    """
    with ExitStack() as running:
        configurations = {}
        for name in dict.fromkeys(connectors):
            project.simulator(name)
            # No function has a name with a space in it.
            (port,) = keep_ports(store, [f"source of {name}"], first_port).values()
            wait_until_free(port, _PORT_SECONDS)
            configurations[name] = running.enter_context(simulated_source(project, name, "--port", str(port)))
        yield configurations
