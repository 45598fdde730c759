"""What the schema finds wrong with `deploy.yaml`, in one line: file, line, what stands there, what was expected."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from jsonschema import Draft202012Validator

from fivetran_tools.deployment.deploy_schema import any_of
from fivetran_tools.deployment.strict_yaml import Document, Place


def first_problem(document: Document, schema: Mapping[str, Any]) -> str | None:
    """Return the problem that stands first in the file, whatever the validator's order; None where there is none."""
    problems = [_Problem(document, error) for error in Draft202012Validator(schema).iter_errors(document.value)]
    return min(problems, key=lambda problem: (problem.line, problem.text)).text if problems else None


class _Problem:
    def __init__(self, document: Document, error: Any) -> None:  # noqa: ANN401  # its attributes have unions for types
        self.rule, self.value, self.limit = error.validator, error.instance, error.validator_value
        self.schema: Mapping[str, Any] = error.schema
        self.around: Place = tuple(error.absolute_path)
        self.key = self._key(error)
        self.path = self.around if self.key is None else (*self.around, self.key)
        self.line = document.lines.get(self.path, 1)
        self.text = f"{document.at(self.path)}: {self._explanation()}"

    def _key(self, error: Any) -> str | None:  # noqa: ANN401  # as above
        """Return the key that is itself the mistake; None where its value is."""
        if self.rule == "additionalProperties":
            return str(next(key for key in self.value if key not in self.schema["properties"]))
        return str(self.value) if "propertyNames" in error.relative_schema_path else None

    def _explanation(self) -> str:
        expected = self.schema.get("description", "text")
        if self.rule == "additionalProperties":
            return f"{_named(self.around)} has no key {shown(self.key)}: {choices(self.key, self.schema['properties'])}"
        if self.key is not None:
            return f"{shown(self.key)} is not a legal name in {_named(self.around)}: expected {expected}"
        name, value = _named(self.path), self.value
        if self.rule == "required":
            return f"{name} has no '{next(key for key in self.limit if key not in value)}': add it"
        if self.path[-1:] == ("allow_unauthenticated",) and isinstance(value, bool):
            return f"{name} is a yes or no: write the reason in words, or remove the key to let nobody in"
        if self.path[-1:] == ("connector",) and isinstance(value, str):
            return f"{name} is {shown(value)}: {choices(value, self.limit)}"
        if "secrets" in self.path[:-1]:  # never quoted: somebody may have written the secret itself
            latest = isinstance(value, str) and value.endswith(":latest")
            why = (
                "asks for latest, which changes what runs without a deploy" if latest else "is no reference to a secret"
            )
            return f"{name} {why}: expected {expected}"
        return f"{name} is {shown(value)}: expected {expected}"


def _named(path: Place) -> str:
    names = [shown(name) for name in path]
    return " of ".join(reversed(names[-2:])) if names else "the file"


def shown(value: object) -> str:
    """Show a value from the file in an error, on one line and not at any length."""
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:37]}...")
    kinds = {bool: "a yes or no", int: str(value), list: "a list", dict: "a mapping" if value else "an empty mapping"}
    return kinds.get(type(value), "empty")


def choices(word: str | None, legal: Iterable[str]) -> str:
    """Name the legal value that a word comes close to, or what is legal."""
    names = list(legal)
    if close := get_close_matches(word or "", names, 1):
        return f"did you mean {close[0]}?"
    return f"expected {any_of(names)}" if names else "there is none yet"
