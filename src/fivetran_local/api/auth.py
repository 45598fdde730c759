"""HTTP Basic: the API key is the user, the API secret the password."""

import base64
import binascii
import hmac
from typing import Final

from fivetran_local.account.credentials import Credentials
from fivetran_local.api.envelope import ApiError

_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="Fivetran"'}


class BasicAuth:
    """Tells whether a request may pass.

    Args:
        credentials: the only ones that may.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._expected = f"{credentials.api_key}:{credentials.api_secret}".encode()

    def check(self, authorization: bytes | None) -> None:
        """Do nothing for a request with the credentials.

        Args:
            authorization: its header; None where it has none.

        Raises:
            ApiError: 401 for any other.
        """
        if not hmac.compare_digest(_given(authorization or b""), self._expected):
            raise ApiError(401, "Invalid authorization credentials", headers=_CHALLENGE)


def _given(authorization: bytes) -> bytes:
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        return b""
