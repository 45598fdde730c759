"""Every number of a report has a source, or a mark.

A number is traced when a figure has it: as it is, rounded to the digits that are written, as a percentage or a
fraction, with or without thousands separators, in thousands or millions. A number that a figure's own label has
("95 % interval", "below 2.0") is no claim, where the same word stands beside it. Numbers in words are not looked at.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from insights.document import Block, restyled
from insights.figures import Figure

NOT_IN_THE_DATA: Final = "[not in the data]"
NO_SUCH_FIGURE: Final = "[no such figure]"

MOST_NAMES: Final = 500

_REFERENCE: Final = r"\[?\bS\d{1,2}\.\d{1,3}\b(?:\s*[,;]\s*S\d{1,2}\.\d{1,3}\b)*\]?"
_STEP: Final = r"\b[Ss]teps?\s+\d{1,2}\b(?:\s*(?:,|and|to|-|\N{EN DASH})\s*\d{1,2}\b)*"
_NUMBER: Final = (
    r"(?P<sign>(?<![\w)\].,%])[-\N{MINUS SIGN}]\s?)?(?P<money>[$\N{EURO SIGN}\N{POUND SIGN}\N{YEN SIGN}]\s?)?"
    r"(?P<digits>\d+(?:,\d{3})+(?!\d)(?:\.\d+)?|\d*\.\d+|\d+)(?P<power>[eE][+-]?\d{1,3})?"
    r"(?:\s?(?P<scale>k|thousand|m|mn|million|bn|billion)\b)?"
    r"(?P<percent>\s?%|\s?per\s?cent\b|\s?percentage\s+points?\b|\s?points?\b|\s?pp\b)?"
)
_SCALES: Final = {"k": 3, "thousand": 3, "m": 6, "mn": 6, "million": 6, "bn": 9, "billion": 9}
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_PEOPLE: Final = re.compile(
    r"\s*(?:records|students|people|freshmen|advisors|majors|points|usd|dollars)\b", re.IGNORECASE
)
_WORD_BEFORE: Final = re.compile(r"([^\W\d]+)[\s(]*$")
_WORD_AFTER: Final = re.compile(r"^[\s)\-]*([^\W\d]+)")
_FOLLOWING: Final = re.compile(rf"[^\d\n]{{0,60}}?({_REFERENCE})")
_BESIDE: Final = 40
"""Characters on either side of a number in which a word stands beside it."""
_ID: Final = re.compile(r"S\d{1,2}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Traced:
    """An answer with its numbers' sources."""

    blocks: tuple[Block, ...]
    sources: tuple[Figure, ...]
    """The figures that it cites, in the order of the steps."""
    numbers: int
    assumed: int
    """Those of the numbers whose source is an assumption, or follows from one."""
    untraced: tuple[str, ...]
    """Numbers and references that no figure has, as the answer wrote them."""


def traced(blocks: Iterable[Block], figures: Sequence[Figure], ours: Iterable[str] = ()) -> Traced:
    """Give every number of an answer its source, or a mark.

    Args:
        blocks: The answer.
        figures: All figures that the prompt had.
        ours: Texts that we wrote into the prompt, such as the snapshot: their numbers may be repeated.
    """
    tracer = _Tracer(figures, [*ours, *(figure.label for figure in figures)])
    made = tuple(tracer.block(block) for block in blocks)
    sources = tuple(figure for figure in figures if figure.id in tracer.cited)
    return Traced(made, sources, tracer.numbers, tracer.assumed, tuple(tracer.untraced))


class _Tracer:
    def __init__(self, figures: Sequence[Figure], ours: Iterable[str]) -> None:
        self._figures = {figure.id: figure for figure in figures}
        values = {figure.group.value for figure in figures if figure.group and figure.group.value}
        self._years = {value for value in values if _YEAR.fullmatch(value)}
        # A name with digits in it, such as a major's code, is a name; one that is nothing but a number is not.
        names = sorted((value for value in values if re.search(r"\d", value) and re.search(r"[^\W\d]", value)), key=len)
        names = [r"\s+".join(re.escape(word) for word in name.split()) for name in reversed(names[-MOST_NAMES:])]
        name = rf"(?<!\w)(?:{'|'.join(names)})(?!\w)" if names else r"(?!)"
        self._token = re.compile(rf"(?P<name>{name})|(?P<reference>{_REFERENCE})|(?P<step>{_STEP})|{_NUMBER}")
        self._beside: set[tuple[str, str, str]] = set()
        for text in ours:
            for found in re.finditer(_NUMBER, text):
                self._beside |= self._neighbours(found, text)
        self.cited: set[str] = set()
        self.numbers = 0
        self.assumed = 0
        self.untraced: list[str] = []

    def block(self, block: Block) -> Block:
        styled = [(mark, run.strong, run.emphasised) for run in block.runs for mark in run.text]
        made: list[tuple[str, bool, bool]] = []
        text, end, last = block.text, 0, None
        for found in self._token.finditer(text):
            made += styled[end : found.start()]
            end = found.end()
            if found["name"] or found["step"]:
                made += styled[found.start() : end]
                continue
            if found["reference"]:
                kept = self._reference(found[0], last)
                while not kept and made and made[-1][0] == " " and text[end : end + 1] in ("", " ", ".", ",", ";", ":"):
                    made.pop()
                made += [(mark, NO_SUCH_FIGURE in kept, False) for mark in kept]
                continue
            made += styled[found.start() : end]
            self.numbers += 1
            if self._beside & self._neighbours(found, text) or self._is_year(found, text):
                continue
            last = self._source(found, _ID.findall(_after(text, end)))
            self.assumed += last is not None and last.assumed
            if last is None:
                self.untraced.append(found[0].strip())
            mark_ = f" [{last.id}]" if last else f" {NOT_IN_THE_DATA}"
            self.cited |= {last.id} if last else set()
            made += [(mark, last is None, False) for mark in mark_]
        return Block(block.kind, restyled(made + styled[end:]), block.level, block.number)

    def _reference(self, text: str, last: Figure | None) -> str:
        """What stays of a reference: each number has its own by now, so only one to something else does."""
        ids = _ID.findall(text)
        unknown = [id_ for id_ in ids if id_ not in self._figures]
        if unknown:
            self.untraced += unknown
            return f"{text} {NO_SUCH_FIGURE}"
        more = [id_ for id_ in ids if last is None or id_ != last.id]
        self.cited |= set(more)
        return f"[{', '.join(more)}]" if more and last is None else ""

    def _source(self, found: re.Match[str], named: Sequence[str]) -> Figure | None:
        preferred = [self._figures[id_] for id_ in named if id_ in self._figures]
        rough = float(found["digits"].replace(",", "")) * 10 ** _SCALES.get((found["scale"] or "").lower(), 0)
        near = (figure for figure in (*preferred, *self._figures.values()) if _near(figure, rough))
        return next((figure for figure in near if _has(figure, found)), None)

    def _is_year(self, found: re.Match[str], text: str) -> bool:
        plain = found[0].strip() in self._years
        return plain and not _PEOPLE.match(text[found.end() :])

    @staticmethod
    def _neighbours(found: re.Match[str], text: str) -> set[tuple[str, str, str]]:
        number = "".join(found[0].split())
        before = _WORD_BEFORE.search(text[max(0, found.start() - _BESIDE) : found.start()])
        after = _WORD_AFTER.search(text[found.end() : found.end() + _BESIDE])
        left = {("before", before[1].lower(), number)} if before else set()
        return left | ({("after", after[1].lower(), number)} if after else set())


def _after(text: str, end: int) -> str:
    """The reference that follows a number, over the few words that may stand between."""
    following = _FOLLOWING.match(text, end)
    return following[1] if following else ""


def _near(figure: Figure, rough: float) -> bool:
    """Whether it is worth a closer look: rounding to two digits is off by a twentieth at most, or to zero."""
    forms = (abs(figure.value), 100 * abs(figure.value), float(figure.records or 0))
    return any(abs(rough - form) <= 0.06 * form + 0.6 for form in forms)


def _has(figure: Figure, found: re.Match[str]) -> bool:
    written = Decimal(found["digits"].replace(",", "") + (found["power"] or ""))
    scale = Decimal(10) ** _SCALES.get((found["scale"] or "").lower(), 0)
    number = written * scale * (-1 if found["sign"] else 1)
    as_written = number == (_written(figure) if found["sign"] else abs(_written(figure)))
    if found["percent"]:
        of_points = "oint" in found["percent"] or "pp" in found["percent"]
        units = ("points",) if of_points else ("share", "rate")
        return figure.unit in units and (as_written or _same(number, figure.value * 100, found, scale))
    if found["money"]:
        return (
            found["money"][0] == "$"
            and figure.unit == "USD"
            and (as_written or _same(number, figure.value, found, scale))
        )
    if figure.unit not in ("points", "share", "rate") and as_written:
        return True
    if figure.unit != "points" and _same(number, figure.value, found, scale):
        return True
    return figure.records is not None and number == figure.records


@lru_cache(maxsize=1_000)
def _written(figure: Figure) -> Decimal:
    """The number that stands in a prompt for a figure."""
    return Decimal("".join(mark for mark in figure.written if mark in "-.0123456789"))


def _same(number: Decimal, value: float, found: re.Match[str], scale: Decimal) -> bool:
    """Whether a number is a value, rounded as it is written: to two digits that count, or exactly."""
    true = Decimal(repr(value))
    if not found["sign"]:  # "3 points less" says the sign in words
        true = abs(true)
    if abs(number - true) <= Decimal("1e-9") * max(Decimal(1), abs(true)):
        return True
    digits = found["digits"].replace(",", "")
    decimals = len(digits.partition(".")[2])
    counting = digits.replace(".", "").lstrip("0")
    step = Decimal(10) ** -decimals * scale
    if not decimals:
        zeros = len(counting) - len(counting.rstrip("0"))
        counting, step = counting.rstrip("0"), step * 10**zeros
        if zeros and len(counting) < 2 and len(digits) >= 2:  # 50 for 49.7: rounded to ones, not to tens
            counting, step = digits, step / 10**zeros
    if found["power"]:
        return False
    return len(counting) >= 2 and abs(number - true) <= step / 2 + Decimal("1e-9")
