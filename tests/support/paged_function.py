"""Functions in this process, for the engine: anything that answers a request is one."""

from collections.abc import Callable
from dataclasses import dataclass, field

import orjson

from fivetran_local.function import Answer, decode
from fivetran_protocol import FunctionRequest

ROWS, PAGES = 4, 6
KEYED = {"numbers": {"primary_key": ["id"]}}

Turn = Callable[[FunctionRequest], object]
"""Makes the document that answers a request, or raises."""


def counting(request: FunctionRequest, *, pages: int = PAGES, rows: int = ROWS) -> dict[str, object]:
    """Answer the page after the state's: the next numbers, in a table with a key and in one without."""
    page = request.state.get("page", 0)
    numbers = [{"id": page * rows + i} for i in range(rows)] if page < pages else []
    return {
        "state": {"page": min(page + 1, pages)},
        "insert": {"numbers": numbers, "log": numbers},
        "schema": KEYED,
        "hasMore": page + 1 < pages,
    }


@dataclass
class PagedFunction:
    """Answers the n-th call by the n-th turn where there is one, and by `otherwise` where not."""

    turns: dict[int, Turn] = field(default_factory=dict)
    otherwise: Turn = counting
    asked: list[FunctionRequest] = field(default_factory=list)

    def call(self, request: FunctionRequest) -> Answer:
        self.asked.append(request)
        document = self.turns.get(len(self.asked), self.otherwise)(request)
        body = document if isinstance(document, bytes) else orjson.dumps(document)
        return Answer(decode(body), len(body), 0.001)
