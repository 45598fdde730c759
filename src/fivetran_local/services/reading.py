"""Reading `services.yaml`: text in, checked services out; for anything else one line with file, line and what to do."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from fivetran_local.services.schema import SERVICES_SCHEMA
from fivetran_local.services.service import Field, FieldKind, Service
from fivetran_local.strict_yaml import Document, YamlError, parse
from fivetran_local.yaml_problems import first_problem, named

SERVICES_FILE: Final = "services.yaml"
_SCHEMA_KEYS: Final = ("schema", "schema_prefix")


def read_services(file: Path) -> Mapping[str, Service]:
    """Return the services in a file by their keys, in the order they stand there.

    Raises:
        YamlError: there is no such file, it cannot be read, or something in it is not legal; with file and line.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        message = f"cannot read {file}: {error.strerror or error}"
        raise YamlError(message) from None
    return parse_services(text, file.name)


def parse_services(text: str | bytes, where: str) -> Mapping[str, Service]:
    """Return the services in a text by their keys.

    Args:
        text: The text.
        where: What to call it in errors.

    Raises:
        YamlError: something in it is not legal; with line and the legal values.
    """
    document = parse(text, where)
    if problem := first_problem(document, SERVICES_SCHEMA) or next(_not_asked_for(document), None):
        raise YamlError(problem)
    services = cast("Mapping[str, Mapping[str, Any]]", document.value)
    return {key: _service(key, entry) for key, entry in services.items()}


def _not_asked_for(document: Document) -> Iterator[str]:
    """Yield where a service asks for, or fixes, what the command and the page ask for by themselves, or asks twice."""
    services = cast("Mapping[str, Mapping[str, Any]]", document.value)
    for key, entry in services.items():
        asked, fixed = entry.get("fields", {}), entry["static_config"]
        for place, names in (("fields", asked), ("static_config", fixed)):
            for name in names:
                path = (key, place, name)
                if name in _SCHEMA_KEYS:
                    yield f"{document.at(path)}: {named(path)} is always asked for: remove it"
                elif place == "static_config" and name in asked:
                    yield f"{document.at(path)}: {named(path)} is among its fields as well: keep one"


def _service(key: str, entry: Mapping[str, Any]) -> Service:
    fields = entry.get("fields", {})
    return Service(
        key=key,
        name=entry["name"],
        color=entry["color"],
        internal=entry["internal"],
        requires_schema_prefix=entry["requires_schema_prefix"],
        category=entry["category"],
        static_config=entry["static_config"],
        fields=tuple(
            Field(**{**field, "key": name, "kind": FieldKind(field["kind"])}) for name, field in fields.items()
        ),
        why_not=entry.get("not_here", ""),
    )
