"""Points the Fivetran provider at the local Fivetran, when FIVETRAN_LOCAL_URL says where it is.

The provider ignores the host of an Airflow connection; where it calls stands in two class attributes of its hook.
Without the variable nothing is changed. An address that is not on this machine is refused: API keys would go there.
"""

import os
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from airflow.plugins_manager import AirflowPlugin

VARIABLE: Final = "FIVETRAN_LOCAL_URL"
_THIS_MACHINE: Final = {"127.0.0.1", "localhost", "::1"}


class LocalFivetranPlugin(AirflowPlugin):
    """Airflow loads it in every process; `airflow plugins` lists it."""

    name = "local_fivetran"

    @classmethod
    def on_load(cls, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401  # Airflow's signature
        """Change where the provider calls.

        Raises:
            ValueError: the address is not on this machine. Airflow notes that and goes on, so the provider then fails
                with the same words instead of calling the real Fivetran.
        """
        address = os.environ.get(VARIABLE, "")
        if not address:
            return
        from fivetran_provider_async.hooks import FivetranHook

        try:
            FivetranHook.api_host = _host(address)
            FivetranHook.api_protocol = "http"
        except ValueError as error:
            FivetranHook.api_host = _Refused(str(error))
            raise


class _Refused:
    """Stands where a host would, and fails whoever asks for it."""

    def __init__(self, message: str) -> None:
        self._message = message

    def __get__(self, instance: object, owner: type) -> NoReturn:
        raise ValueError(self._message)


def _host(address: str) -> str:
    """Return `host:port` of an address on this machine."""
    try:
        parts = urlsplit(address)
        fits = parts.scheme == "http" and parts.hostname in _THIS_MACHINE and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.username is not None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        message = f"{VARIABLE} has to be http://127.0.0.1:PORT, an address on this machine: set it so, or unset it"
        raise ValueError(message)
    return parts.netloc
