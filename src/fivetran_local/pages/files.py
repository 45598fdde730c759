"""The style sheet, the script and the icon: served from memory, under an address that changes with what they hold."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.responses import Response

if TYPE_CHECKING:
    from fivetran_local.pages.site import Site

_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def _held() -> Mapping[str, bytes]:
    folder = files("fivetran_local.pages").joinpath("static")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def addresses() -> Mapping[str, str]:
    """Return the address of each file by its name."""
    return {name: f"/static/{name}?v={hashlib.sha256(held).hexdigest()[:12]}" for name, held in _held().items()}


def routes(site: "Site") -> APIRouter:
    """Return what serves the files, to everybody."""
    del site
    router = APIRouter()

    @router.get("/static/{name}")
    async def file(name: str) -> Response:
        held = _held().get(name)
        if held is None:
            return Response("there is no such file\n", 404, media_type="text/plain")
        kind = next(kind for ending, kind in _KINDS.items() if name.endswith(ending))
        kept = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(held, headers=kept, media_type=kind)

    return router
