"""Higher Education (HED) student records, one page per invocation of `GET {base_url}/hed_data`.

What it syncs, what its state means and why it decides as it does: README.md beside this file.
"""

import hashlib
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from fivetran_function import (
    PageError,
    Request,
    Response,
    SourceStatusError,
    connector,
    decode_page,
    outline,
)

BASE_URL: Final = "https://sdk-demo-api-dot-internal-sales.uc.r.appspot.com"
TIMESTAMPS: Final = ("enrollment_date", "last_login_date", "last_updated")
STUDENT_COLUMNS: Final = ("student_id", "academic_standing", "current_gpa", "major_code", "advisor_id")
CURSOR_REFUSALS: Final = frozenset({400, 404, 409, 410, 422})

Record = dict[str, Any]


@connector(
    "hed",
    schema={
        "hed_records": {"primary_key": ["record_id"]},
        "hed_students": {"primary_key": ["student_id"]},
        "hed_rejected_records": {"primary_key": ["content_hash"]},
    },
    public_keys=("base_url", "page_size", "include_students", "on_invalid_cursor"),
)
def main(request: Request) -> Response:
    """Fetch the page after the state's cursor and turn it into rows."""
    settings = Settings.read(request)
    cursor = request.state.get("next_cursor")
    if not (cursor is None or isinstance(cursor, str)):
        raise PageError("the state's next_cursor is not text: re-sync the connection, or set its state to {}")

    page = fetch_page(request, settings, cursor)
    keyed, rejected = separate(page.records)
    insert = {"hed_records": keyed}
    if rejected:
        insert["hed_rejected_records"] = rejected
    if settings.include_students:
        insert["hed_students"] = students(page.records)
    return Response(
        # A page without a cursor keeps the last good one: losing it would read everything again.
        state={**request.state, "next_cursor": page.next_cursor} if page.next_cursor else request.state,
        insert=insert,
        has_more=page.has_more,
    )


class Settings(NamedTuple):
    """The connection's secrets, checked."""

    api_key: str
    base_url: str
    page_size: int
    include_students: bool
    restart_on_invalid_cursor: bool

    @classmethod
    def read(cls, request: Request) -> "Settings":
        """Read and check them all, before the source is asked for anything."""
        secrets = request.secrets
        page_size = secrets.whole_number("page_size", default=100, least=1, most=200)
        return cls(
            secrets.require("api_key"),
            secrets.address("base_url", default=BASE_URL),
            1 if request.setup_test else page_size,
            secrets.one_of("include_students", "false", "true") == "true",
            secrets.one_of("on_invalid_cursor", "fail", "restart") == "restart",
        )


class Page(NamedTuple):
    """A page whose shape was checked."""

    records: list[Record]
    next_cursor: str | None
    has_more: bool


def fetch_page(request: Request, settings: Settings, cursor: str | None) -> Page:
    """Return the page at a cursor, or the first page for None.

    A cursor is no longer valid only if the same request without it succeeds: a source that refuses everything has
    another problem, and starting over would not solve it.
    """
    try:
        return read_page(request, settings, cursor)
    except SourceStatusError as refusal:
        if cursor is None or refusal.source_status not in CURSOR_REFUSALS:
            raise
        try:
            first_page = read_page(request, settings, None)
        except SourceStatusError:
            raise refusal from None
        if settings.restart_on_invalid_cursor:
            return first_page
        raise PageError(
            f"the cursor in the state is no longer valid ({refusal}): re-sync the connection or set its state to {{}} "
            "to start over, or set on_invalid_cursor to restart to have that done whenever it happens"
        ) from None


def read_page(request: Request, settings: Settings, cursor: str | None) -> Page:
    """Ask for one page and check that it is one; values stay out of every message."""
    params: dict[str, str | int] = {"page_size": settings.page_size}
    if cursor is not None:
        params = {"cursor": cursor, **params}
    answer = request.source.get(f"{settings.base_url}/hed_data", params, {"x-api-key": settings.api_key})
    page = decode_page(answer)
    records, next_cursor, has_more = page.get("hed_records"), page.get("next_cursor"), page.get("has_more")
    if not isinstance(records, list) or not set(map(type, records)) <= {dict}:
        raise PageError(f"hed_records is not a list of objects in the API's answer: {outline(page)}")
    if not (next_cursor is None or isinstance(next_cursor, str)):
        raise PageError(f"next_cursor is neither text nor null in the API's answer: {outline(page)}")
    if not isinstance(has_more, bool):
        raise PageError(f"has_more is neither true nor false in the API's answer: {outline(page)}")
    if has_more and not next_cursor:
        raise PageError("the API says has_more but gives no next_cursor: going on would read the same page for ever")
    if has_more and next_cursor == cursor:
        raise PageError("the API says has_more but its next_cursor has not moved: going on would never end")
    return Page(records, next_cursor or None, has_more)


def separate(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """Separate the rows of hed_records from those of hed_rejected_records, which have no usable record_id."""
    keyed, rejected = [], []
    for record in records:
        key = record.get("record_id")
        if (type(key) is str and key and not key.isspace()) or type(key) is int:
            keyed.append(record)
        else:
            rejected.append(rejection(record, "no record_id" if key is None else "record_id is empty or not text"))
    write_iso_timestamps(keyed)
    return keyed, rejected


def rejection(record: Record, reason: str) -> Record:
    """Keep a record without a key, whole, under a hash of its content: sent again, it is the same row again."""
    content = orjson.dumps(record, option=orjson.OPT_SORT_KEYS)
    return {"content_hash": hashlib.sha256(content).hexdigest(), "reason": reason, "content": record}


def write_iso_timestamps(records: list[Record]) -> None:
    """Write the three timestamps as ISO 8601, in place; one that cannot be read moves to `<column>_raw`."""
    for column in TIMESTAMPS:
        for record in records:
            text = record.get(column)
            iso = iso_timestamp(text) if type(text) is str else None
            if iso is not None:
                record[column] = iso
            elif text is not None:
                record[column] = None
                record[f"{column}_raw"] = text if type(text) is str else orjson.dumps(text).decode()


def iso_timestamp(text: str) -> str | None:
    """Turn the API's `2024-08-11 0:00:00` into `2024-08-11T00:00:00`; None for anything that is not such a time.

    The API states no time zone, so none is added.
    """
    iso = text.replace(" ", "T" if len(text) == 19 else "T0", 1)
    # datetime would also read weeks, offsets, fractions and times without colons; the API sends none of them.
    if len(iso) != 19 or iso[7::3] != "-T::":
        return None
    try:
        datetime.fromisoformat(iso)
    except ValueError:
        return None
    return iso


def students(records: list[Record]) -> list[Record]:
    """Return one row for each student of a page, as its latest record has it."""
    latest = {key: record for record in records if (key := record.get("student_id")) and type(key) in (str, int)}
    return [{column: record.get(column) for column in STUDENT_COLUMNS} for record in latest.values()]
