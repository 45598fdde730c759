"""Jinja templates, and how they write numbers and times."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from fivetran_local.pages.files import addresses
from fivetran_local.pages.sparkline import sparkline
from fivetran_local.services import Service, icon

_UNITS: Final = ("kB", "MB", "GB")


class Templates:
    """The templates of this package; whatever they show is escaped."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("fivetran_local.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(number=number, size=size, seconds=seconds, moment=moment, words=words)
        self._environment.globals.update(
            sparkline=sparkline,
            service_icon=service_icon,
            files=addresses(),
            plural=plural,
            span=span,
            ago=partial(moment, ago=True),
        )

    def render(self, name: str, **context: object) -> str:
        """Return a template's text. Half a surrogate pair, which no page can hold, stands there as JSON writes it."""
        text = self._environment.get_template(name).render(**context)
        return text.encode(errors="backslashreplace").decode()


def number(value: int) -> str:
    """Write a whole number: 12,345."""
    return f"{value:,}"


def plural(count: int, one: str, many: str = "") -> str:
    """Write a number of things: 1 row, 2 rows."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def span(minutes: int) -> str:
    """Write the time between two syncs: 15 minutes, 6 hours."""
    return plural(minutes, "minute") if minutes < 60 else plural(minutes // 60, "hour")


def words(text: str) -> Markup:
    """Write a text in which `what stands like this` is code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def size(count: int) -> str:
    """Write a number of bytes: 512 B, 1.2 MB."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in _UNITS:
        value /= 1000
        if value < 999.5 or unit == _UNITS[-1]:
            break
    return f"{value:.1f} {unit}" if value < 99.5 else f"{value:,.0f} {unit}"


def seconds(value: float) -> str:
    """Write a time span: 0.12 s, 42 s, 3 min 05 s, 2 h 10 min."""
    if value < 10:
        return f"{value:.2f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def moment(value: datetime | None, *, ago: bool = False) -> Markup:
    """Write a time in UTC; the browser then writes it in its own zone, or as how long ago it is."""
    if value is None:
        return Markup('<span class="none">never</span>')
    form = "ago" if ago else "full"
    return Markup('<time datetime="{}" data-form="{}">{} UTC</time>').format(
        value.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), form, value.strftime("%d %b %Y %H:%M:%S")
    )


def service_icon(key: str, services: Mapping[str, Service]) -> Markup:
    """Return a service's icon in its color."""
    color = services[key].color if key in services else "currentColor"
    drawn = icon(key)
    return Markup(drawn.replace("<svg ", '<svg class="icon" color="{}" ', 1)).format(color)  # noqa: S704  # our own SVG
