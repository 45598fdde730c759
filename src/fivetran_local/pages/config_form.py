"""The form of a connection's configuration: drawn from its service's fields, and read back into `config`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from fivetran_local.errors import InvalidInputError
from fivetran_local.function_config import MASKED
from fivetran_local.pages.forms import Form
from fivetran_local.services import Field, FieldKind, Service

_NAMED: Final = re.compile(r"^config\.(?P<field>\w+)(\[(?P<row>\d+)\])?[:.]? *(?P<text>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as it stands on the page. No secret is in it."""

    key: str
    label: str
    kind: FieldKind
    required: bool = False
    help: str = ""
    value: str = ""
    pairs: Sequence[tuple[str, str]] = ()
    kept: bool = False
    """Whether there is a value that is not shown, and stays where none is given."""
    fixed: bool = False
    """Whether it can no longer be changed."""
    error: str = ""


def shown_fields(service: Service, config: Mapping[str, Any] | None) -> list[Shown]:
    """Return the fields of a form, filled with a configuration as far as it may be shown.

    Args:
        service: whose connection.
        config: the connection's so far; None for a new one.
    """
    name = _name_field(service)
    return [
        replace(name, value=str((config or {}).get(name.key, "")), fixed=config is not None),
        *(_filled(field, config or {}) for field in service.fields),
    ]


def refilled(fields: Sequence[Shown], form: Form) -> list[Shown]:
    """Return the fields with what was entered, except secrets: what was wrong elsewhere does not undo the rest."""
    return [_refilled(field, form) for field in fields]


def with_error(fields: Sequence[Shown], error: InvalidInputError) -> tuple[list[Shown], str]:
    """Put an error at the field that it names; return it as well where it names none of them."""
    named = _NAMED.match(str(error))
    if named is None or named["field"] not in {field.key for field in fields}:
        return list(fields), str(error)
    row = f"row {int(named['row']) + 1}: " if named["row"] else ""
    return [replace(field, error=row + named["text"]) if field.key == named["field"] else field for field in fields], ""


def entered_config(service: Service, form: Form, *, new: bool) -> dict[str, Any]:
    """Return what was entered as `config`; what was left as it was is masked, and then stays.

    Raises:
        InvalidInputError: a field that is required is empty.
    """
    config: dict[str, Any] = {} if not new else {**service.static_config, service.schema_key: form.text("schema")}
    for field in service.fields:
        if not field.kind.is_list:
            value = form.text(field.key)
            if value or not (new or form.has(f"{field.key}.kept")):
                config[field.key] = value
        elif form.has(f"{field.key}.key"):
            config[field.key] = [
                {"key": key, "value": MASKED if field.kind.is_secret and not value and not new else value}
                for key, value in form.pairs(field.key)
            ]
        if new and field.required and not config.get(field.key):
            raise InvalidInputError(f"config.{field.key}: it is required")
    return config


def _name_field(service: Service) -> Shown:
    says = "Lower case letters, digits and _: the schema that the tables are loaded into. It cannot be changed."
    return Shown(service.schema_key, "Destination schema", FieldKind.TEXT, required=True, help=says)


def _filled(field: Field, config: Mapping[str, Any]) -> Shown:
    shown = Shown(field.key, field.label, field.kind, field.required, field.help)
    value = config.get(field.key)
    if field.kind.is_list:
        pairs = [(pair["key"], "" if field.kind.is_secret else str(pair["value"])) for pair in value or ()]
        return replace(shown, pairs=pairs, kept=bool(pairs) and field.kind.is_secret)
    if field.kind.is_secret or (value and not _may_be_shown(str(value))):
        return replace(shown, kept=bool(value))
    return replace(shown, value=str(value or ""))


def _refilled(field: Shown, form: Form) -> Shown:
    if field.fixed:
        return field
    if field.kind.is_list:
        secret = field.kind.is_secret
        pairs = [(key, "" if secret else value) for key, value in form.pairs(field.key)]
        return replace(field, pairs=pairs)
    if field.kind.is_secret:
        return field
    entered = form.text("schema" if field.key.startswith("schema") else field.key)
    return replace(field, value=entered) if _may_be_shown(entered) else field


def _may_be_shown(address: str) -> bool:
    """Tell whether an address holds nothing that opens doors: no password, and no query."""
    if "://" not in address:
        return True
    try:
        parts = urlsplit(address)
    except ValueError:
        return True
    return not (parts.query or "@" in parts.netloc)
