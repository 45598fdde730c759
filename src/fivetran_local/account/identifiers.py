# ruff: noqa: SIM905  # words are read as words
"""Ids as Fivetran gives them: two words for groups and connections."""

import secrets
from collections.abc import Container
from typing import Final

_FIRST: Final = (
    "amber brisk calm candid clever coastal copper crisp dapper eager early elegant faithful fluent frosty gentle "
    "gilded golden graceful hearty honest humble jovial keen kindly lively lucid lunar mellow merry mighty modest "
    "nimble noble patient placid polished proper quiet radiant rapid ready rustic serene silent silver simple sincere "
    "snowy solar solid steady sturdy sunny swift tender tidy tranquil upbeat valiant vivid warm wise witty"
).split()
_SECOND: Final = (
    "acorn alder anchor arbor atlas badger basin beacon birch bramble breeze brook canyon cedar cliff cloud clover "
    "comet coral cove crane creek dune ember falcon fern fjord forest garnet glacier grove harbor hazel heron island "
    "ivy jasper juniper lagoon lantern larch lichen maple marsh meadow mesa moss oriole otter pebble pine plateau "
    "prairie quarry raven reef ridge river robin sparrow spruce summit thicket valley willow"
).split()


def two_words(taken: Container[str]) -> str:
    """Return an id that is not taken, such as "gilded_heron"; with a number behind it once words grow scarce."""
    for attempt in range(1000):
        words = f"{secrets.choice(_FIRST)}_{secrets.choice(_SECOND)}"
        name = words if attempt < 100 else f"{words}_{secrets.randbelow(10_000)}"
        if name not in taken:
            return name
    raise RuntimeError("no id is free")  # pragma: no cover  # four million of them
