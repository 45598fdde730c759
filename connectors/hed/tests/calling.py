"""The connector as its callers see it: `main(request)` with a double, and the pages that a source answers with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.scripted_source import Answer, ScriptedSource, document

KEY = "hed_0123456789abcdef"
CURSOR = "gAAAAABm-1_x9Zq%2BA%3D%3D"
"""As the API gives them: percent-encoded already."""


@dataclass
class Double:
    """What a connector needs of Flask's request."""

    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    def get_json(self) -> dict[str, Any]:
        return self.body


@dataclass
class Connection:
    """A connection to a scripted source: calls the connector as Fivetran would."""

    main: Callable[[object], Any]
    source: ScriptedSource

    def ask(self, state: dict[str, Any] | None = None, *, setup_test: bool = False, **secrets: Any) -> Any:
        """Return the answer: a dict, or an error report and its status."""
        given = {"api_key": KEY, "base_url": self.source.url, **secrets}
        given = {key: value for key, value in given.items() if value is not None}
        body = {"agent": "a test", "state": state or {}, "secrets": given, "sync_id": "s", "setup_test": setup_test}
        return self.main(Double(body))

    def fail(self, state: dict[str, Any] | None = None, **secrets: Any) -> tuple[str, int]:
        """Return the message and the status of a failure, in which no key stands."""
        answer = self.ask(state, **secrets)
        assert isinstance(answer, tuple), "the connector answered with a page"
        report, status = answer
        assert set(report) == {"errorMessage", "errorType", "stackTrace"}
        assert KEY not in str(report)
        assert "\n" not in report["errorMessage"]
        return report["errorMessage"], status


def page(*records: dict[str, Any], cursor: str | None = CURSOR, more: bool = False) -> Answer:
    """Answer with a page of the API."""
    return document({"hed_records": list(records), "next_cursor": cursor, "has_more": more})


def record(number: int, **fields: Any) -> dict[str, Any]:
    """Return a record with a key, and little else."""
    return {"record_id": f"r{number}", "student_id": f"STU_{number}", **fields}
