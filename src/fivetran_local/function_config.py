"""The configuration of a connection, as the REST API takes it; above all of service `google_cloud_function`.

Source: fivetran.com/docs/connectors/functions/google-cloud-functions/api-configuration.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from fivetran_local.errors import InvalidInputError
from fivetran_local.function import address_problem
from fivetran_local.hiding import hidden_values
from fivetran_local.naming import connection_name_problem
from fivetran_protocol import Json, Redactor

MASKED: Final = "******"
"""Stands for a secret in every answer; sent back, it means "as it was"."""

RUNS_HERE: Final = "google_cloud_function"

WHY_NOT: Final = {
    "aws_lambda": "it would call AWS Lambda with an AWS role, and this machine has neither; test the same handler "
    "behind an HTTP address as google_cloud_function",
    "azure_function": "it would call Azure with a function key of its own protocol; test the same function behind its "
    "HTTP address as google_cloud_function",
    "connector_sdk": "Fivetran runs its code, which is uploaded with the SDK's own command and not called over HTTP; "
    "`fivetran deploy NAME --target connector-sdk` is the way there",
}
"""Services whose connections are kept and cannot run here, each with the reason."""

SERVICES: Final = (RUNS_HERE, *WHY_NOT)

_SECRET_FIELDS: Final = frozenset({"function_trigger", "secrets", "function_key", "role_arn", "external_id"})
_SECRET_PAIRS: Final = frozenset({"secrets_list"})
_READ_ONLY: Final = frozenset({"service_account_email", "external_id"})
_PAIRS: Final = ("secrets_list", "custom_payloads")
_OF_FUNCTIONS: Final = frozenset({"schema", "secrets", *_PAIRS})
_FIELDS: Final = {
    RUNS_HERE: _OF_FUNCTIONS | {"function_trigger"},
    "aws_lambda": _OF_FUNCTIONS
    | {"function", "region", "role_arn", "bucket", "sync_method", "connection_type", "is_private_link_required"},
    "azure_function": _OF_FUNCTIONS | {"function_app", "function_name", "function_key", "connection_method"},
    "connector_sdk": frozenset({"schema", "secrets_list", "package_id", "python_version"}),
}
_SWITCHES: Final = frozenset({"is_private_link_required"})


def checked_config(service: str, config: object, old: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a configuration whose every field is as it has to be, on top of the one before it.

    Args:
        service: the connection's.
        config: what was sent; masked values in it mean the old ones.
        old: the configuration so far; None for a new connection.

    Raises:
        InvalidInputError: a field is missing, unknown or wrong; the text names it.
    """
    if not isinstance(config, Mapping):
        raise InvalidInputError("config: expected an object")
    merged = {**(old or {}), **_unmasked(config, old or {})}
    merged = {name: value for name, value in merged.items() if name not in _READ_ONLY}
    schema = merged.get("schema")
    if not isinstance(schema, str) or not schema:
        raise InvalidInputError("config.schema: it is required, and names the schema in the warehouse")
    if problem := connection_name_problem(schema):
        raise InvalidInputError(f"config.schema: {problem}")
    if old and schema != old.get("schema"):
        raise InvalidInputError("config.schema: it cannot be changed after the connection was created")
    _check_fields(merged, _FIELDS[service])
    return merged


def masked_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration as answers show it: no secret in it."""
    shown: dict[str, Any] = {}
    for name, value in config.items():
        if name in _SECRET_FIELDS and value:
            shown[name] = MASKED
        elif name in _SECRET_PAIRS and isinstance(value, list):
            shown[name] = [{"key": pair["key"], "value": MASKED} for pair in value]
        else:
            shown[name] = value
    return shown


def trigger_of(config: Mapping[str, Any]) -> str:
    """Return the function's address; empty where none was given yet."""
    return str(config.get("function_trigger") or "")


def secrets_of(config: Mapping[str, Any]) -> dict[str, Json]:
    """Return what is sent as `secrets`: an old connection's JSON text as an object, or the pairs."""
    if text := config.get("secrets"):
        secrets = json.loads(text)
        return dict(secrets)
    return _flat(config.get("secrets_list"))


def custom_payload_of(config: Mapping[str, Any]) -> dict[str, Json]:
    """Return what is sent as `customPayload`."""
    return _flat(config.get("custom_payloads"))


def redactor_of(config: Mapping[str, Any]) -> Redactor:
    """Return what takes a configuration's secrets out of texts, and the secret parts of the function's address."""
    return Redactor(hidden_texts(secrets_of(config), trigger_of(config)))


def hidden_texts(secrets: Mapping[str, Json], url: str) -> list[str]:
    """Return the texts to keep out of everything: those of the secrets, and the secret parts of an address."""
    parts = hidden_values({"function_trigger": url}, public_keys=None)
    return [*hidden_values(secrets, public_keys=None), *parts]


def _flat(pairs: Iterable[Mapping[str, Json]] | None) -> dict[str, Json]:
    return {str(pair["key"]): pair["value"] for pair in pairs or ()}


def _check_fields(config: Mapping[str, Any], fields: Collection[str]) -> None:
    unknown = sorted(config.keys() - fields)
    if unknown:
        raise InvalidInputError(f"config.{unknown[0]}: unknown field; there are {', '.join(sorted(fields))}")
    for name in config.keys() - _PAIRS:
        kind, words = (bool, "true or false") if name in _SWITCHES else (str, "text")
        if not isinstance(config[name], kind):
            raise InvalidInputError(f"config.{name}: expected {words}")
    url = trigger_of(config)
    if url and address_problem(url):  # which would quote it, and it is a secret
        expected = "https://..., as every call carries the secrets, or http:// to this machine"
        raise InvalidInputError(f"config.function_trigger: expected {expected}")
    if config.get("secrets") and config.get("secrets_list"):
        raise InvalidInputError("config.secrets: give either secrets or secrets_list, not both")
    _check_secrets_text(config.get("secrets"))
    for name in _PAIRS:
        _check_pairs(name, config.get(name))


def _check_secrets_text(text: object) -> None:
    if not text:
        return
    try:
        secrets = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        secrets = None
    if not isinstance(secrets, dict):
        raise InvalidInputError("config.secrets: expected text that is a JSON object")


def _check_pairs(name: str, pairs: object) -> None:
    if pairs is None:
        return
    if not isinstance(pairs, list):
        raise InvalidInputError(f"config.{name}: expected a list of key and value")
    seen = set()
    for number, pair in enumerate(pairs):
        fits = isinstance(pair, Mapping) and pair.keys() == {"key", "value"}
        if not (fits and isinstance(pair["key"], str) and pair["key"] and isinstance(pair["value"], str)):
            raise InvalidInputError(f"config.{name}[{number}]: expected a key and a value, both text")
        if pair["key"] in seen:
            raise InvalidInputError(f"config.{name}[{number}]: the key {pair['key']!r} is there twice")
        seen.add(pair["key"])


def _unmasked(config: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    new = dict(config)
    for name in _SECRET_FIELDS & new.keys():
        if new[name] == MASKED:
            new[name] = old.get(name, "")
    for name in _SECRET_PAIRS & new.keys():
        if isinstance(new[name], list):
            before = {pair["key"]: pair["value"] for pair in old.get(name) or ()}
            new[name] = [_unmasked_pair(pair, before) for pair in new[name]]
    return {name: value for name, value in new.items() if value is not None}


def _unmasked_pair(pair: object, before: Mapping[str, str]) -> object:
    key = pair.get("key") if isinstance(pair, Mapping) else None
    if isinstance(pair, Mapping) and pair.get("value") == MASKED and isinstance(key, str) and key in before:
        return {**pair, "value": before[key]}
    return pair
