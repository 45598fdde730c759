"""The JSON Schema of `services.yaml`: what may stand in it, each value with its legal forms in words."""

from typing import Any, Final

from fivetran_local.services.service import FieldKind
from fivetran_local.yaml_problems import any_of

_NAME: Final = {
    "pattern": r"^[a-z][a-z0-9_]{0,62}\Z",
    "description": "lower case letters, digits and _, starting with a letter, at most 63",
}
_WORDS: Final = {
    "type": "string",
    "pattern": r"\S",
    "maxLength": 200,
    "description": "a text of at most 200 characters",
}
_YES_OR_NO: Final = {"type": "boolean", "description": "true or false"}
_KINDS: Final = [kind.value for kind in FieldKind]

_FIELD: Final[dict[str, Any]] = {
    "type": "object",
    "description": "a mapping with label and kind",
    "required": ["label", "kind"],
    "additionalProperties": False,
    "properties": {
        "label": _WORDS,
        "kind": {"enum": _KINDS, "description": any_of(_KINDS)},
        "required": _YES_OR_NO,
        "help": _WORDS,
    },
}

_SERVICE: Final[dict[str, Any]] = {
    "type": "object",
    "description": "a mapping with name, color, category, internal, requires_schema_prefix and static_config",
    "required": ["name", "color", "category", "internal", "requires_schema_prefix", "static_config"],
    "additionalProperties": False,
    "properties": {
        "name": _WORDS,
        "color": {
            "type": "string",
            "pattern": r"^#[0-9a-fA-F]{6}\Z",
            "description": 'a color like "#3367d6", in quotes: # begins a comment',
        },
        "category": _WORDS,
        "internal": _YES_OR_NO,
        "requires_schema_prefix": _YES_OR_NO,
        "static_config": {
            "type": "object",
            "description": "a mapping, which may be {}",
            "propertyNames": _NAME,
        },
        "not_here": _WORDS,
        "fields": {
            "type": "object",
            "description": "a mapping of the form's fields",
            "propertyNames": _NAME,
            "additionalProperties": _FIELD,
        },
    },
}

SERVICES_SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "services.yaml",
    "type": "object",
    "description": "a mapping of services, at least one",
    "minProperties": 1,
    "propertyNames": _NAME,
    "additionalProperties": _SERVICE,
}
