"""Making groups and connections from a YAML text, as somebody would by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from fivetran_local.account.groups import with_group
from fivetran_local.account.schedule_settings import checked_schedule
from fivetran_local.account.settings import Account
from fivetran_local.connections import NewConnection
from fivetran_local.errors import InvalidInputError, LocalFivetranError
from fivetran_local.function_config import RUNS_HERE, checked_config
from fivetran_local.local_fivetran import LocalFivetran
from fivetran_local.strict_yaml import Document, YamlError, parse
from fivetran_local.yaml_problems import Problem, choices, first_problem, named

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
                    "simulate": _YES_OR_NO,
                    "secrets": _TEXTS,
                    "custom_payloads": _TEXTS,
                    "paused": _YES_OR_NO,
                    "run_setup_tests": _YES_OR_NO,
                    "schedule_type": {"type": "string", "description": "auto or manual"},
                    "sync_frequency": {"type": "integer", "description": "minutes"},
                    "daily_sync_time": {
                        "type": "string",
                        "description": 'a time of day in UTC such as "07:30", in quotes',
                    },
                },
            },
        },
    },
}


def seed(local: LocalFivetran, text: bytes, where: str = "seed.yaml") -> dict[str, Any]:
    """Make what a text says, in its order.

    Args:
        local: where.
        text: the YAML.
        where: what to call it in errors.

    Returns:
        `groups`, the id of each by its name, and `connections`, a list with the schema, group's name and id of each.

    Raises:
        InvalidInputError: something in it is not legal; with line. Nothing was made, unless the disk or somebody else
            came between: then what stood before was.
    """
    try:
        document = parse(text, where)
    except YamlError as error:
        raise InvalidInputError(str(error)) from None
    if problem := first_problem(document, _SCHEMA, _explain):
        raise InvalidInputError(problem)
    value = cast("Mapping[str, Any]", document.value)
    names = value.get("groups", ())
    planned = [
        _planned(local, document, number, entry, names) for number, entry in enumerate(value.get("connections", ()))
    ]
    _check_names(local, planned)
    groups = {name: _group(local, name) for name in names}
    return {"groups": groups, "connections": [_made(local, one) for one in planned]}


def _explain(problem: Problem) -> str | None:
    if problem.is_a_value and {"secrets", "custom_payloads"} & set(problem.path[:-1]):
        return f"{named(problem.path)} is not: expected {problem.expected}"  # never quoted: it may be the secret
    return None


def _group(local: LocalFivetran, name: str) -> str:
    """Return the id of the group of a name, made where there is none, with a destination."""
    identity = ""

    def changed(account: Account) -> Account:
        nonlocal identity
        found = next((group for group in account.groups.values() if group.name == name), None)
        if found is None:
            account, found = with_group(account, name, local.connections.clock.now(), destination=True)
        identity = found.id
        return account

    local.connections.store.change(changed)
    return identity


@dataclass(frozen=True, slots=True)
class _Planned:
    """A connection to make, with nothing wrong in it that can be seen before."""

    at: str
    group: str
    """Its name: the group itself may be yet to be made."""
    config: Mapping[str, Any]
    settings: Mapping[str, Any]
    run_setup_tests: bool


def _planned(
    local: LocalFivetran, document: Document, number: int, entry: Mapping[str, Any], new_groups: Sequence[str]
) -> _Planned:
    place = ("connections", number)
    at = document.at(place)
    paused = entry.get("paused", True)
    config = {"schema": entry["schema"], "function_trigger": _trigger(local, at, entry)}
    secrets = {**_simulated(local, at, entry), **entry.get("secrets", {})}
    for name, values in (("secrets_list", secrets), ("custom_payloads", entry.get("custom_payloads", {}))):
        if values:
            config[name] = [{"key": word, "value": value} for word, value in values.items()]
    try:
        config = checked_config(RUNS_HERE, config)
    except InvalidInputError as error:
        raise InvalidInputError(f"{at}: {error}") from None
    try:
        settings = {"paused": paused, **checked_schedule(entry)}
    except InvalidInputError as error:
        field, _, _ = str(error).partition(":")
        raise InvalidInputError(f"{document.at((*place, field))}: {error}") from None
    group = _group_named(local, at, entry.get("group"), new_groups)
    return _Planned(at, group, config, settings, entry.get("run_setup_tests", not paused))


def _check_names(local: LocalFivetran, planned: Sequence[_Planned]) -> None:
    names = {group.id: group.name for group in local.connections.store.account.groups.values()}
    taken = {(names.get(view.settings.group_id), view.settings.schema) for view in local.connections.all()}
    for one in planned:
        name = (one.group, one.config["schema"])
        if name in taken:
            raise InvalidInputError(f"{one.at}: schema: the group has a connection '{name[1]}' already: choose another")
        taken.add(name)


def _made(local: LocalFivetran, one: _Planned) -> dict[str, str]:
    groups = local.connections.store.account.groups.values()
    new = NewConnection(
        group_id=next((group.id for group in groups if group.name == one.group), one.group),
        service=RUNS_HERE,
        config=one.config,
        settings=one.settings,
        run_setup_tests=one.run_setup_tests,
    )
    try:
        made = local.connections.create(new).settings
    except LocalFivetranError as error:
        raise InvalidInputError(f"{one.at}: {error}") from error
    return {"schema": made.schema, "group": one.group, "id": made.id}


def _simulated(local: LocalFivetran, at: str, entry: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the settings that reach the simulated source of a function, where they are asked for."""
    if not entry.get("simulate"):
        return {}
    name = entry.get("function")
    if name is None:
        raise InvalidInputError(f"{at}: simulate goes with function, a name of deploy.yaml")
    found = next((one for one in local.connections.functions.described() if one.name == name), None)
    if found is None or found.configuration is None:
        connector = found.connector if found else name
        raise InvalidInputError(f"{at}: the source of {name} is not simulated: serve --simulate {connector} does that")
    return found.configuration


def _trigger(local: LocalFivetran, at: str, entry: Mapping[str, Any]) -> str:
    if ("function" in entry) == ("trigger" in entry):
        raise InvalidInputError(f"{at}: give either function, a name of deploy.yaml, or trigger, an address")
    if "trigger" in entry:
        return str(entry["trigger"])
    addresses = local.connections.functions.addresses()
    if entry["function"] not in addresses:
        raise InvalidInputError(f"{at}: there is no function of that name: {choices(entry['function'], addresses)}")
    return addresses[entry["function"]]


def _group_named(local: LocalFivetran, at: str, wanted: str | None, new: Sequence[str]) -> str:
    """Return the name of a group, of which the name or the id is given; the first group's for None."""
    groups = local.connections.store.account.groups
    if wanted is None and groups:
        return next(iter(groups.values())).name
    if wanted in new:
        return str(wanted)
    found = next((group.name for group in groups.values() if wanted in (group.name, group.id)), None)
    if found is None:
        names = choices(wanted, [*(group.name for group in groups.values()), *new])
        raise InvalidInputError(f"{at}: there is no group of that name: {names}")
    return found
