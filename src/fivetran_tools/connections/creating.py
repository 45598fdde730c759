"""Making a connection: where each of its settings comes from, and what is done in which order."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from fivetran_local.naming import connection_name_problem
from fivetran_local.services import SERVICES_FILE, FieldKind, Service, read_services
from fivetran_local.strict_yaml import YamlError
from fivetran_local.yaml_problems import choices
from fivetran_tools.connections.answers import Answers
from fivetran_tools.connections.settings import settings_in_form
from fivetran_tools.connections.trigger import trigger_url
from fivetran_tools.errors import UsageError
from fivetran_tools.fivetran_api import Connection, FivetranApi, FivetranApiError
from fivetran_tools.project import Project

TRIGGER_FIELD: Final = "function_trigger"
CLOSED: Final = "accounts made since 2025-07-22 have no Function connections: docs/connector-sdk.md shows the other way"


@dataclass(frozen=True, slots=True)
class CreateOptions:
    """What the command was told."""

    name: str
    service: str
    schema: str | None = None
    group: str | None = None
    configuration: Path | None = None
    simulate: bool = False
    trigger_url: str | None = None
    custom_payloads: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewConnection:
    """All that a connection is made from; its `config` holds secrets and is never shown."""

    service: Service
    group: str
    config: Mapping[str, object]


def prepare(project: Project, api: FivetranApi, options: CreateOptions, answers: Answers) -> NewConnection:
    """Find or ask for everything that a connection needs.

    Raises:
        UsageError: something is missing, and there is nobody to ask, or it cannot be used.
        CommandError: Fivetran, or Google, does not say.
    """
    service = services_of(project, options.service)
    payloads, own = pairs(options.custom_payloads, "--custom-payload"), _own_fields(service, options.fields)
    schema = answers.value(
        "--schema", "Destination schema", options.schema, "FIVETRAN_SCHEMA", _schema_for(options.name)
    )
    if problem := connection_name_problem(schema):
        message = f"{problem}: name another with --schema"
        raise UsageError(message)
    group = answers.value("--group", "Group (destination)", options.group, "FIVETRAN_GROUP_ID", partial(_group, api))
    values: dict[str, object] = {}
    for field in service.fields:
        value: object
        if field.key == TRIGGER_FIELD:
            value = trigger_url(project, api.address, api, options.name, options.trigger_url or own.get(field.key))
        elif field.kind is FieldKind.SECRET_PAIRS:
            value = _as_pairs(settings_in_form(project, api, options, answers))
        elif field.kind is FieldKind.PAIRS:
            value = _as_pairs(payloads)
        else:
            value = answers.field(field, own.get(field.key))
        if value:
            values[field.key] = value
    return NewConnection(service, group, service.config(schema, values))


def create(api: FivetranApi, new: NewConnection) -> Connection:
    """Make a connection, paused; its setup tests are run apart, so that its id is known whatever they do.

    Raises:
        CommandError: Fivetran refuses.
    """
    try:
        return api.create_connection(group=new.group, service=new.service.key, config=new.config)
    except FivetranApiError as error:
        if api.address.is_local or new.service.category != "functions" or not _is_about_the_service(error):
            raise
        raise FivetranApiError(f"{error}; {CLOSED}", status=error.status, code=error.code) from None


def start(api: FivetranApi, connection: Connection) -> Connection:
    """Let a connection sync, and start its first sync; return it as it was before."""
    before = api.set_paused(connection.id, paused=False)
    api.sync(connection.id)
    return before


def services_of(project: Project, key: str) -> Service:
    """Return a service of services.yaml.

    Raises:
        UsageError: there is no such service, or the file cannot be used.
    """
    try:
        services = read_services(project.root / SERVICES_FILE)
    except YamlError as error:
        raise UsageError(str(error)) from None
    if key not in services:
        message = f"no service {key!r} in {SERVICES_FILE}: {choices(key, services)}"
        raise UsageError(message)
    return services[key]


def pairs(words: tuple[str, ...], option: str) -> dict[str, str]:
    """Return what was given as KEY=VALUE, several times.

    Raises:
        UsageError: it is of another form; the value is in no text.
    """
    found: dict[str, str] = {}
    for number, word in enumerate(words, 1):
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            message = f"{option} number {number} is not of the form KEY=VALUE"
            raise UsageError(message)
        if key in found:
            message = f"{option} gives {key!r} twice: keep one"
            raise UsageError(message)
        found[key] = value
    return found


def _schema_for(name: str) -> str:
    schema = name.replace("-", "_").lower()
    return "" if connection_name_problem(schema) else schema


def _own_fields(service: Service, words: tuple[str, ...]) -> dict[str, str]:
    given = pairs(words, "--field")
    legal = [field.key for field in service.fields if not field.kind.is_list]
    for key in given:
        if key not in legal:
            message = f"--field {key}: {service.key} has no such field; it has {', '.join(legal) or 'none'}"
            raise UsageError(message)
    return given


def _as_pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _group(api: FivetranApi) -> str:
    """Return the only group there is; nothing where one has to be chosen."""
    ids = [group.id for group in api.groups()]
    return ids[0] if len(ids) == 1 else ""


def _is_about_the_service(error: FivetranApiError) -> bool:
    words = error.message.lower()
    return error.status == 403 or (error.status == 400 and ("service" in words or "function" in words))
