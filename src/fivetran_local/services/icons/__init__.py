"""The icons of services, drawn for this project: one SVG for each key, and one for services without."""

from functools import cache
from importlib.resources import files


@cache
def icon(key: str) -> str:
    """Return a service's icon as SVG that a page can hold as it is; it takes its color from the text around it."""
    drawn = files(__name__)
    known = {file.name for file in drawn.iterdir()}
    name = f"{key}.svg" if f"{key}.svg" in known else "service.svg"
    return drawn.joinpath(name).read_text(encoding="utf-8").strip()
