"""Making groups and connections from a YAML text, as somebody would by hand."""

from collections.abc import Mapping
from typing import Any, Final, cast

from fivetran_local.account.identifiers import two_words
from fivetran_local.account.settings import DAILY, SYNC_FREQUENCIES, Destination, Group, ScheduleType
from fivetran_local.connections import NewConnection
from fivetran_local.errors import InvalidInputError, LocalFivetranError
from fivetran_local.function_config import RUNS_HERE
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.strict_yaml import Document, YamlError, parse
from fivetran_local.yaml_problems import Problem, any_of, choices, first_problem, named

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 2000, "description": "a text"}
_YES_OR_NO: Final = {"type": "boolean", "description": "true or false"}
_TEXTS: Final = {
    "type": "object",
    "description": "a mapping of names to texts",
    "additionalProperties": {"type": "string", "description": "a text, in quotes where it looks like a number"},
}
_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "description": "a mapping of groups and connections",
    "additionalProperties": False,
    "properties": {
        "groups": {
            "type": "array",
            "description": "a list of names",
            "items": {**_TEXT, "maxLength": 100, "description": "a group's name"},
        },
        "connections": {
            "type": "array",
            "description": "a list of connections",
            "items": {
                "type": "object",
                "description": "a mapping with schema, and function or trigger",
                "required": ["schema"],
                "additionalProperties": False,
                "properties": {
                    "schema": _TEXT,
                    "group": _TEXT,
                    "function": _TEXT,
                    "trigger": _TEXT,
                    "secrets": _TEXTS,
                    "custom_payloads": _TEXTS,
                    "paused": _YES_OR_NO,
                    "run_setup_tests": _YES_OR_NO,
                    "schedule_type": {"enum": ["auto", "manual"], "description": "auto or manual"},
                    "sync_frequency": {
                        "enum": list(SYNC_FREQUENCIES),
                        "description": f"minutes, {any_of(SYNC_FREQUENCIES)}",
                    },
                    "daily_sync_time": {
                        "type": "string",
                        "pattern": r"^([01]\d|2[0-3]):[0-5]\d\Z",
                        "description": 'a time of day in UTC such as "07:30", in quotes',
                    },
                },
            },
        },
    },
}


def seed(local: LocalFivetran, text: bytes, where: str = "seed.yaml") -> dict[str, Any]:
    """Make what a text says, in its order; return the ids of all that was made, by name.

    Args:
        local: where.
        text: the YAML.
        where: what to call it in errors.

    Raises:
        InvalidInputError: something in it is not legal; with line. What stood before a connection that cannot be
            made was made.
    """
    try:
        document = parse(text, where)
    except YamlError as error:
        raise InvalidInputError(str(error)) from None
    if problem := first_problem(document, _SCHEMA, _explain):
        raise InvalidInputError(problem)
    value = cast("Mapping[str, Any]", document.value)
    groups = {name: _group(local, name) for name in value.get("groups", ())}
    made = {}
    for number, entry in enumerate(value.get("connections", ())):
        made[entry["schema"]] = _connection(local, document, number, entry)
    return {"groups": groups, "connections": made}


def _explain(problem: Problem) -> str | None:
    if problem.is_a_value and {"secrets", "custom_payloads"} & set(problem.path[:-1]):
        return f"{named(problem.path)} is not: expected {problem.expected}"  # never quoted: it may be the secret
    return None


def _group(local: LocalFivetran, name: str) -> str:
    """Return the id of the group of a name, made where there is none, with a destination."""
    store = local.connections.store
    found = next((group.id for group in store.account.groups.values() if group.name == name), None)
    if found:
        return found
    account = store.account
    made = Group(
        id=two_words(account.groups.keys() | account.connections.keys()),
        name=name,
        created_at=local.connections.clock.now(),
    )
    store.put("groups", made)
    store.put("destinations", Destination(id=made.id, service="duckdb"))
    return made.id


def _connection(local: LocalFivetran, document: Document, number: int, entry: Mapping[str, Any]) -> str:
    at = document.at(("connections", number))
    frequency = entry.get("sync_frequency", 360)
    if "daily_sync_time" in entry and frequency != DAILY:
        raise InvalidInputError(f"{at}: daily_sync_time goes with a sync_frequency of {DAILY} only")
    config = {"schema": entry["schema"], "function_trigger": _trigger(local, at, entry)}
    for key, name in (("secrets", "secrets_list"), ("custom_payloads", "custom_payloads")):
        if key in entry:
            config[name] = [{"key": word, "value": value} for word, value in entry[key].items()]
    settings = {
        "paused": entry.get("paused", True),
        "schedule_type": ScheduleType(entry.get("schedule_type", "auto")),
        "sync_frequency": frequency,
        "daily_sync_time": entry.get("daily_sync_time"),
    }
    new = NewConnection(
        group_id=_group_named(local, at, entry.get("group")),
        service=RUNS_HERE,
        config=config,
        settings=settings,
        run_setup_tests=entry.get("run_setup_tests", False),
    )
    try:
        return local.connections.create(new).settings.id
    except LocalFivetranError as error:
        raise InvalidInputError(f"{at}: {error}") from error


def _trigger(local: LocalFivetran, at: str, entry: Mapping[str, Any]) -> str:
    if ("function" in entry) == ("trigger" in entry):
        raise InvalidInputError(f"{at}: give either function, a name of deploy.yaml, or trigger, an address")
    if "trigger" in entry:
        return str(entry["trigger"])
    addresses = local.connections.functions.addresses()
    if entry["function"] not in addresses:
        raise InvalidInputError(f"{at}: there is no function of that name: {choices(entry['function'], addresses)}")
    return addresses[entry["function"]]


def _group_named(local: LocalFivetran, at: str, name: str | None) -> str:
    groups = local.connections.store.account.groups
    if name is None and groups:
        return next(iter(groups))
    found = next((group.id for group in groups.values() if name in (group.name, group.id)), None)
    if found is None:
        names = choices(name, [group.name for group in groups.values()])
        raise InvalidInputError(f"{at}: there is no group of that name: {names}")
    return found
