"""The link that lets somebody without an account set one connection up: a token that says which, and for how long."""

import base64
from dataclasses import dataclass
from typing import Final

import orjson
from cryptography.fernet import Fernet, InvalidToken

from fivetran_local.errors import InvalidInputError
from fivetran_local.local_fivetran import LocalFivetran

LIFETIME_SECONDS: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Card:
    """What such a link is for."""

    connection_id: str
    redirect_uri: str
    """Where its user is sent when the connection is set up."""
    hide_setup_guide: bool = False


def card_token(local: LocalFivetran, card: Card) -> str:
    """Return the token of a link: the card itself, encrypted with a key made from the API secret; nothing is kept."""
    content = orjson.dumps([card.connection_id, card.redirect_uri, card.hide_setup_guide])
    return _fernet(local).encrypt(content).decode()


def card_uri(local: LocalFivetran, token: str) -> str:
    """Return the address of the page that a token opens."""
    return f"{local.url}/connect-card?auth={token}"


def read_card(local: LocalFivetran, token: str) -> Card:
    """Return what a token is for.

    Raises:
        InvalidInputError: it is none of this local Fivetran's, or older than a day. Whether the connection is still
            there is another question.
    """
    try:
        content = _fernet(local).decrypt(token.encode(), ttl=LIFETIME_SECONDS)
    except (InvalidToken, UnicodeEncodeError):
        raise InvalidInputError("auth: the link is not valid, or no longer: ask for a new one") from None
    return Card(*orjson.loads(content))


def _fernet(local: LocalFivetran) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(local.credentials.derived("connect card")))
