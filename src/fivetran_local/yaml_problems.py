"""What a JSON Schema finds wrong with a YAML file, in one line: file, line, what stands there, what was expected.

The words of a schema's `description` are what an error says was expected.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

from jsonschema import Draft202012Validator

from fivetran_local.strict_yaml import Document, Place

MOST_NAMED: Final = 10


class Problem:
    """One thing that a schema finds wrong.

    Attributes:
        path: Keys and indexes from the top of the file to the mistake.
        value: What stands there, or around it where the mistake is a key.
        expected: What the schema says in words.
        line: Where the mistake stands.
    """

    def __init__(self, document: Document, error: Any) -> None:  # noqa: ANN401  # its attributes have unions for types
        self.rule, self.value, self.limit = error.validator, error.instance, error.validator_value
        self.schema: Mapping[str, Any] = error.schema
        self.around: Place = tuple(error.absolute_path)
        self.key = self._key(error)
        self.path = self.around if self.key is None else (*self.around, self.key)
        self.line = document.lines.get(self.path, 1)
        self.expected = str(self.schema.get("description", "text"))

    @property
    def is_a_value(self) -> bool:
        """Whether a value is the mistake: no key is missing, too many or misspelt."""
        return self.key is None and self.rule != "required"

    def _key(self, error: Any) -> str | None:  # noqa: ANN401  # as above
        """Return the key that is itself the mistake; None where its value is."""
        if self.rule == "additionalProperties":
            return str(next(key for key in self.value if key not in self.schema["properties"]))
        return str(self.value) if "propertyNames" in error.relative_schema_path else None

    def explanation(self) -> str:
        """Return what is wrong and what was expected."""
        if self.rule == "additionalProperties":
            return f"{named(self.around)} has no key {shown(self.key)}: {choices(self.key, self.schema['properties'])}"
        if self.key is not None:
            return f"{shown(self.key)} is not a legal name in {named(self.around)}: expected {self.expected}"
        if self.rule == "required":
            missing = next(key for key in self.limit if key not in self.value)
            return f"{named(self.path)} has no '{missing}': add it"
        return f"{named(self.path)} is {shown(self.value)}: expected {self.expected}"


def first_problem(
    document: Document,
    schema: Mapping[str, Any],
    explain: Callable[[Problem], str | None] = lambda _: None,
) -> str | None:
    """Return the problem that stands first in the file, whatever the validator's order; None where there is none.

    Args:
        document: The file.
        schema: What may stand in it (draft 2020-12).
        explain: Says of a problem what `Problem.explanation` cannot know; None leaves it to that.
    """
    problems = [Problem(document, error) for error in Draft202012Validator(schema).iter_errors(document.value)]
    texts = [
        (problem.line, f"{document.at(problem.path)}: {explain(problem) or problem.explanation()}")
        for problem in problems
    ]
    return min(texts)[1] if texts else None


def named(path: Place) -> str:
    """Name a place: its last key, and the one around it."""
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


def any_of(values: Sequence[str | int]) -> str:
    """Return values as the legal ones in an error: all of them, or the first few and how many more there are."""
    more = [] if len(values) <= MOST_NAMED else [f"one of {len(values) - MOST_NAMED:,} more"]
    return " or ".join([*map(str, values[:MOST_NAMED]), *more])
