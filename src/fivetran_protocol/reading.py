"""Reading a function's answer as Fivetran does: what it means, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from fivetran_protocol.findings import Finding, Severity
from fivetran_protocol.json_types import Json, Row, State, kind_of
from fivetran_protocol.response import ERROR_FIELDS, ROOT_FIELDS, FunctionResponse, Table

_CONSEQUENCE: Final = {
    "hasMore": "Fivetran would stop after this page",
    "state": "Fivetran would not keep it",
    "insert": "Fivetran would load none of its rows",
    "delete": "Fivetran would delete none of its rows",
    "schema": "Fivetran would see no primary key and append every row",
    "softDelete": "Fivetran would not see it",
    "errorMessage": "Fivetran would not show it",
}
_OTHER_NAMES: Final = {"upsert": "insert", "upserts": "insert", "update": "insert", "updates": "insert"}


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer, read. Where something in it is refused there is no response."""

    response: FunctionResponse | None
    findings: tuple[Finding, ...] = ()

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """The findings that end a sync."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.REFUSED)


def read_response(body: object) -> Reading:
    """Read the decoded body of a successful answer.

    Rows are checked to be objects and, where the response declares their table's key, to carry it; they are not
    copied. Never raises: everything that is wrong is a finding.
    """
    if not isinstance(body, Mapping):
        return Reading(None, (Finding("not-an-object", f"the answer is {kind_of(body)}", "return a JSON object"),))
    findings: list[Finding] = []
    schema = _schema(body.get("schema"), findings)
    state = _state(body, findings)
    insert = _tables(body.get("insert"), "insert", findings)
    delete = _tables(body.get("delete"), "delete", findings)
    soft_delete = _soft_delete(body.get("softDelete"), findings)
    has_more = _has_more(body, findings)
    findings += _unknown_fields(body)
    if any(delete.values()) and not isinstance(body.get("schema"), Mapping):
        advice = "name the tables' primary keys in 'schema', or Fivetran cannot tell which rows to delete"
        findings.append(Finding("delete-without-schema", "'delete' without 'schema'", advice))
    for where, tables in (("insert", insert), ("delete", delete)):
        for name, rows in tables.items():
            findings += key_findings(rows, schema.get(name, Table()).primary_key, f"{where}.{name}")
    if any(finding.severity is Severity.REFUSED for finding in findings):
        return Reading(None, tuple(findings))
    return Reading(FunctionResponse(state, insert, delete, schema, has_more, soft_delete), tuple(findings))


def key_findings(rows: Sequence[Row], primary_key: Sequence[str], where: str) -> list[Finding]:
    """Find the first row whose key is missing, null or not a scalar, for each column of the key."""
    findings = []
    for column in primary_key:
        values = [row.get(column) for row in rows]
        kinds = set(map(type, values))
        if kinds <= _SCALARS:
            continue
        index = next(i for i, value in enumerate(values) if type(value) not in _SCALARS)
        if values[index] is None:
            seen = f"no value for the primary key column '{column}'"
        else:
            seen = f"the primary key column '{column}' is {kind_of(values[index])}"
        advice = "every row needs a text, number or boolean there; Fivetran refuses the page otherwise"
        findings.append(Finding("null-primary-key", seen, advice, f"{where}[{index}]"))
    return findings


_SCALARS: Final = {str, int, float, bool}


def _state(body: Mapping[str, Json], findings: list[Finding]) -> State:
    state = body.get("state")
    if isinstance(state, Mapping):
        return state
    seen = f"'state' is {kind_of(state)}" if "state" in body else "no 'state'"
    advice = "return an object in every response, the one received when nothing changed"
    findings.append(Finding("state-not-an-object", seen, advice, "state"))
    return {}


def _has_more(body: Mapping[str, Json], findings: list[Finding]) -> bool:
    value = body.get("hasMore")
    if isinstance(value, bool):
        return value
    if "hasMore" not in body:
        if any(_plain(field) == "hasmore" for field in body):
            return False  # the unknown field is a finding of its own, and says more
        advice = "Fivetran takes that as false and stops; return true or false in every response"
        findings.append(Finding("has-more-missing", "no 'hasMore'", advice, "", Severity.WARNING))
        return False
    if isinstance(value, str) and value.lower() in {"true", "false"}:
        advice = "return the boolean; only old samples send the word"
        findings.append(Finding("has-more-as-text", f"'hasMore' is the text '{value}'", advice, "", Severity.WARNING))
        return value.lower() == "true"
    findings.append(Finding("has-more-not-a-boolean", f"'hasMore' is {kind_of(value)}", "return true or false"))
    return False


def _schema(value: Json, findings: list[Finding]) -> dict[str, Table]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        advice = 'return an object like {"users": {"primary_key": ["id"]}}'
        findings.append(Finding("schema-not-an-object", f"'schema' is {kind_of(value)}", advice))
        return {}
    tables = {}
    for name, entry in value.items():
        where = f"schema.{name}"
        declared = {} if entry is None else entry
        if not isinstance(declared, Mapping):
            advice = 'expected an object like {"primary_key": ["id"]}, or {} for a table without a key'
            findings.append(Finding("table-not-an-object", f"it is {kind_of(declared)}", advice, where))
            continue
        for field in declared:
            if field != "primary_key":
                twin = ": did you mean 'primary_key'? Fivetran would append every row" if _close(field) else ""
                advice = f"only 'primary_key' is read{twin}"
                findings.append(Finding("unknown-schema-field", f"unknown '{field}'", advice, where, Severity.WARNING))
        tables[name] = Table(_primary_key(declared.get("primary_key"), where, findings))
    return tables


def _close(field: str) -> bool:
    return bool(get_close_matches(_plain(field), ["primarykey"], 1, 0.7)) or _plain(field) in {"key", "keys", "pk"}


def _primary_key(value: Json, where: str, findings: list[Finding]) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(column, str) and column for column in value):
        advice = 'expected a list of column names like ["id"]'
        findings.append(Finding("primary-key-not-a-list", f"'primary_key' is {kind_of(value)}", advice, where))
        return ()
    columns = tuple(column for column in value if isinstance(column, str))
    if len(set(columns)) != len(columns):
        findings.append(Finding("primary-key-repeats", "a column stands in 'primary_key' twice", "name it once", where))
    return columns


def _tables(value: Json, field: str, findings: list[Finding]) -> dict[str, list[Row]]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        advice = 'return an object of table name to list of rows, like {"users": [{"id": 1}]}'
        findings.append(Finding("rows-not-by-table", f"'{field}' is {kind_of(value)}", advice))
        return {}
    tables: dict[str, list[Row]] = {}
    for name, rows in value.items():
        where = f"{field}.{name}"
        if not isinstance(rows, list):
            advice = "expected a list of row objects, even for one row"
            findings.append(Finding("rows-not-a-list", f"it is {kind_of(rows)}", advice, where))
            continue
        if not all(type(row) is dict for row in rows):
            index, row = next((i, row) for i, row in enumerate(rows) if type(row) is not dict)
            advice = "expected an object of column name to value"
            findings.append(Finding("row-not-an-object", f"it is {kind_of(row)}", advice, f"{where}[{index}]"))
            continue
        if not name:
            findings.append(Finding("table-without-a-name", "a table's name is empty", "name it", field))
        tables[name] = rows  # type: ignore[assignment]  # each row was just seen to be a dict
    return tables


def _soft_delete(value: Json, findings: list[Finding]) -> bool | tuple[str, ...]:
    if value is None or value is False:
        return ()
    if value is True:
        return True
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(name for name in value if isinstance(name, str))
    advice = "return true (this response's deletes only mark rows) or a list of tables that are sent whole"
    findings.append(Finding("soft-delete-unreadable", f"'softDelete' is {kind_of(value)}", advice))
    return ()


def _unknown_fields(body: Mapping[str, Json]) -> list[Finding]:
    findings = []
    known = {_plain(field): field for field in (*ROOT_FIELDS, *ERROR_FIELDS)}
    for field in body:
        if field in ROOT_FIELDS or field in ERROR_FIELDS:
            continue
        twins = get_close_matches(_plain(field), known, 1, 0.8)
        twin = _OTHER_NAMES.get(_plain(field)) or (known[twins[0]] if twins else None)
        advice = "Fivetran does not read it"
        if twin:
            advice = f"did you mean '{twin}'? {_CONSEQUENCE.get(twin, advice)}"
        findings.append(Finding("unknown-field", f"unknown field '{field}'", advice, "", Severity.WARNING))
    return findings


def _plain(field: str) -> str:
    return field.replace("_", "").replace("-", "").lower()
