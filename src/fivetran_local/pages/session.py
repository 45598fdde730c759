"""Who may see the pages: whoever has the token that `serve` prints, kept in a cookie; and where requests come from."""

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from fivetran_local.account.credentials import page_token
from fivetran_local.local_fivetran import LocalFivetran

_THIRTY_DAYS: Final = 30 * 24 * 3600


class Session:
    """Opens a session for whoever has the token or the API secret. It outlives this process, as the secret does."""

    def __init__(self, local: LocalFivetran) -> None:
        self._secret = local.credentials.api_secret
        self._token = page_token(local.credentials)
        self._kept = local.credentials.derived("page session").hex()
        # Cookies do not tell ports apart: two local Fivetrans would sign each other's readers out.
        self._cookie = f"fivetran_local_{urlsplit(local.url).port or 80}"

    def accepts(self, word: str) -> bool:
        """Tell whether a text is the token, or the API secret."""
        sent = word.strip().encode()
        return any(hmac.compare_digest(sent, known.encode()) for known in (self._token, self._secret))

    def is_open(self, request: Request) -> bool:
        """Tell whether a request belongs to a session."""
        return hmac.compare_digest(request.cookies.get(self._cookie, "").encode(), self._kept.encode())

    def open(self, response: Response) -> None:
        """Have the browser keep the session."""
        response.set_cookie(self._cookie, self._kept, max_age=_THIRTY_DAYS, httponly=True, samesite="strict")

    def close(self, response: Response) -> None:
        """Have the browser forget it."""
        response.delete_cookie(self._cookie, httponly=True, samesite="strict")


def is_from_here(request: Request) -> bool:
    """Tell whether a page of this very server sent a request; every browser says so of what changes something."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin == f"{request.url.scheme}://{request.headers.get('host', '')}"
    return request.headers.get("sec-fetch-site") == "same-origin"


def is_from_elsewhere(request: Request) -> bool:
    """Tell whether another site's link led here."""
    return request.method == "GET" and request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
