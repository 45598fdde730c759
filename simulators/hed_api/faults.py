"""Faults as they are armed at the control door.

A fault spoils an answer that would have been a good page; a request with a wrong key or an invalid cursor is refused
as ever and counts for none. Each armed fault counts the answers that it matches, leaves the first `after` of them
alone and spoils the next `times`. Several may be due for one answer: they apply in the order in which they were armed,
and once one has put something in the page's place, only `slow` still matches.
"""

from dataclasses import dataclass
from inspect import getdoc

import orjson
from pydantic import ValidationError

from simulators.hed_api.answers import Answer
from simulators.hed_api.fault_kinds import FAULTS, Fault


class UnknownFaultError(ValueError):
    """A fault or a knob that there is not; the text names those that there are."""


def read_fault(body: object) -> Fault:
    """Read a fault from the decoded JSON object that asks for it.

    Raises:
        UnknownFaultError: in one line, what is wrong with it and what would be right.
    """
    if not isinstance(body, dict) or body.get("kind") not in list(FAULTS):  # a list, since a kind may be unhashable
        raise UnknownFaultError(f"expected a JSON object with 'kind' as one of: {', '.join(FAULTS)}")
    fault = FAULTS[body["kind"]]
    try:
        return fault.model_validate({name: value for name, value in body.items() if name != "kind"})
    except ValidationError as error:
        first = error.errors()[0]
        name = first["loc"][0]
        if first["type"] == "extra_forbidden":
            raise UnknownFaultError(f"'{fault.kind}' has no '{name}', only: {', '.join(fault.model_fields)}") from error
        raise UnknownFaultError(f"'{name}' of '{fault.kind}': {first['msg']}") from error


@dataclass(slots=True)
class Armed:
    """A fault that was asked for, and what came of it so far."""

    fault: Fault
    seen: int = 0
    spoiled: int = 0

    def is_due(self, answer: Answer) -> bool:
        """Count an answer that matches, and tell whether it is one to spoil."""
        if not self.fault.matches(answer):
            return False
        self.seen += 1
        self.spoiled += self.seen > self.fault.after
        return self.seen > self.fault.after

    @property
    def is_spent(self) -> bool:
        """Whether it has spoiled as many as it was to spoil."""
        return self.fault.times is not None and self.spoiled >= self.fault.times

    def described(self) -> dict[str, object]:
        """Give its name, its knobs and its counts."""
        return {"kind": self.fault.kind, **self.fault.model_dump(), "seen": self.seen, "spoiled": self.spoiled}


class Faults:
    """The faults that are armed."""

    def __init__(self) -> None:
        self.armed: list[Armed] = []

    def arm(self, fault: Fault) -> None:
        """Arm a fault, after those that are armed already."""
        self.armed.append(Armed(fault))

    def spoil(self, answer: Answer) -> None:
        """Let every fault that is due spoil the answer, and forget those that are spent."""
        for armed in self.armed:
            if armed.is_due(answer):
                armed.fault.spoil(answer)
        self.armed = [armed for armed in self.armed if not armed.is_spent]


def table_of_faults() -> str:
    """Write every fault and its knobs as a Markdown table, one fault a row."""
    rows = ["| kind | what happens | knobs of its own (default) |", "|---|---|---|"]
    for kind, fault in FAULTS.items():
        own = {name: knob for name, knob in fault.model_fields.items() if name not in Fault.model_fields}
        knobs = "; ".join(
            f"`{name}` ({orjson.dumps(knob.default).decode()}): {knob.description}" for name, knob in own.items()
        )
        rows.append(f"| `{kind}` | {getdoc(fault)} | {knobs} |")
    return "\n".join(rows) + "\n"
