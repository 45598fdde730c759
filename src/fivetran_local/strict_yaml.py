"""YAML without its surprises: plain mappings, lists and scalars, each with the line it stands in.

Anchors, aliases and tags are refused, so that a short text cannot become a large value or a Python object. A scalar
that YAML reads as something its author may not have meant (`010`, `1:30`, `1e3`, `.nan`, a date) is refused as well,
and a key that is given twice is an error, not the last one's victory. Nothing is built before it was checked: the text
is read event by event.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml

from fivetran_local.errors import LocalFivetranError

MOST_BYTES: Final = 256_000
MOST_DEPTH: Final = 20

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same events, about ten times as fast
_RESOLVER: Final[Any] = yaml.resolver.Resolver()
_TAG: Final = "tag:yaml.org,2002:"
_DECIMAL: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_CONTAINERS: Final = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_UNREADABLE: Final = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""What YAML does not allow, line breaks that no editor counts, and what turns the direction of the text around it."""
_LINE_BREAK: Final = re.compile(r"[\n\r]")

Place = tuple[str | int, ...]
"""Keys and indexes from the top of the document to a value."""


class YamlError(LocalFivetranError):
    """A text is not YAML, more YAML than is read here, or holds what is not legal; in one line with file and line."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a text holds: `value` of dict, list, str, int, bool and None, and the line of every value by its path."""

    where: str
    value: object
    lines: Mapping[Place, int]

    def at(self, path: Place) -> str:
        """Return "file:line" of a value, or of the nearest value around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.where}:{self.lines.get(path, 1)}"


def parse(text: str | bytes, where: str) -> Document:
    """Read a text of one document; an empty one has the value None.

    Args:
        text: The text, at most MOST_BYTES.
        where: What to call it in errors, such as the file's name.

    Raises:
        YamlError: it is not YAML, or more YAML than is read here; the text gives the line.
    """
    lines: dict[Place, int] = {}
    readable = _decoded(text, where)
    try:
        value = _Builder(where, lines, yaml.parse(readable, Loader=_LOADER)).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line if mark else 0
        message = f"{where}:{line + 1}: not YAML: {_reason(error, readable, line)}"
        raise YamlError(message) from None
    except yaml.YAMLError:
        message = f"{where} holds characters that YAML does not allow: save it as plain UTF-8 text"
        raise YamlError(message) from None
    return Document(where, value, lines)


def _decoded(text: str | bytes, where: str) -> str:
    if len(text) > MOST_BYTES:
        message = f"{where} is larger than {MOST_BYTES:,} bytes, and is meant to be short: is it the right file?"
        raise YamlError(message)
    if isinstance(text, bytes):
        try:
            readable = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            message = f"{where}:{line}: not UTF-8 text: save it as that"
            raise YamlError(message) from None
    else:
        readable = text
    if found := _UNREADABLE.search(readable):
        line = readable.count("\n", 0, found.start()) + 1
        message = f"{where}:{line}: a control character ({found[0]!a}): this is not a text file, or remove it"
        raise YamlError(message)
    return readable


def _reason(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    lines = re.split("\r\n|\r|\n", text)
    if line < len(lines) and re.match(r" *\t", lines[line]):
        return "a tab: indent with spaces"
    return str(error.problem or error.context or "it cannot be read")


class _Builder:
    """Builds one document's value from its events; recursion ends at MOST_DEPTH."""

    def __init__(self, where: str, lines: dict[Place, int], events: Iterator[Any]) -> None:
        self.where, self.lines, self.events = where, lines, events

    def document(self) -> object:
        next(self.events)  # the stream's start
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        value = self.value(next(self.events), ())
        next(self.events)  # the document's end
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise self.refusal(after, "a second document ('---'): keep one")
        return value

    def value(self, event: Any, path: Place) -> object:  # noqa: ANN401  # an event of PyYAML's, which has no types
        self.lines[path] = event.start_mark.line + 1
        self.check(event)
        if len(path) > MOST_DEPTH:
            raise self.refusal(event, f"nested deeper than {MOST_DEPTH} levels")
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self.value(item, (*path, index)) for index, item in enumerate(self.until(yaml.SequenceEndEvent))]
        return self.scalar(event)

    def mapping(self, path: Place) -> dict[str, object]:
        values: dict[str, object] = {}
        for event in self.until(yaml.MappingEndEvent):
            key, line = self.key(event), event.start_mark.line + 1
            if key in values:
                first = self.lines[*path, key]
                raise self.refusal(event, f"{_short(key)!r} is given twice, first in line {first}: keep one")
            values[key] = self.value(next(self.events), (*path, key))
            self.lines[*path, key] = line
        return values

    def key(self, event: Any) -> str:  # noqa: ANN401  # as above
        self.check(event)
        if isinstance(event, _CONTAINERS):
            raise self.refusal(event, "a key that is a list or a mapping: write a name")
        key = self.scalar(event)
        if not isinstance(key, str):
            raise self.refusal(event, f"the key {_short(event.value)!r} is no text to YAML: put it in quotes")
        return key

    def check(self, event: Any) -> None:  # noqa: ANN401  # as above
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self.refusal(event, "an anchor or alias (& or *), which is not read here: write the value out")
        if event.tag:
            raise self.refusal(event, f"a tag ({_short(event.tag)!r}), which is not read here: remove it")

    def until(self, end: type) -> Iterator[Any]:
        for event in self.events:
            if isinstance(event, end):
                return
            yield event

    def scalar(self, event: Any) -> str | int | bool | None:  # noqa: ANN401  # as above
        text = str(event.value)
        is_block = event.style in ("|", ">")
        if found := _UNREADABLE.search(text) or (None if is_block else _LINE_BREAK.search(text)):
            raise self.refusal(event, f"a control character ({found[0]!a}) in a text: remove it")
        if not event.implicit[0]:  # quoted, or a block of text
            return text
        match _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)).removeprefix(_TAG):
            case "str":
                return text
            case "null":
                return None
            case "bool":
                return text.lower() in ("yes", "true", "on")
            case "int" if _DECIMAL.fullmatch(text):
                return int(text)
            case "int" | "float":
                raise self.refusal(event, f"YAML reads {_short(text)} as a number: write it plainly, or quote the text")
            case _:
                raise self.refusal(event, f"YAML does not read {_short(text)!r} as text: put it in quotes")

    def refusal(self, event: Any, why: str) -> YamlError:  # noqa: ANN401  # as above
        return YamlError(f"{self.where}:{event.start_mark.line + 1}: {why}")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."
