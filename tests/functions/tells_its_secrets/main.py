"""Does with its secrets all that a careless connector does: logs them, raises them, prints their parts."""

import logging
from typing import NoReturn

from fivetran_function import PageError, Request, Response, connector

LOG = logging.getLogger("careless")


@connector("careless", schema={"users": {"primary_key": ["id"]}}, public_keys=("region",))
def main(request: Request) -> Response:
    """Log every form of every secret, then fail with them, chained."""
    forms = request.state["forms"]
    LOG.warning("starting with %s and %s", request.secrets.raw, forms)
    LOG.info("in %s", request.secrets["region"], extra={"fields": {"key": forms[0], "count": 2**70}})
    for form in forms:
        try:
            fail(ValueError(f"could not use {form} there"))
        except ValueError:
            LOG.exception("failed with %s", form)
    try:
        try:
            fail(KeyError(*forms))
        except KeyError as error:
            raise ConnectionError("first " + " ".join(forms)) from error
    except ConnectionError as error:
        raise request_error(request.state["fail"])("then " + "; ".join(forms)) from error


def fail(error: Exception) -> NoReturn:
    """Raise an error."""
    raise error


def request_error(name: str) -> type[Exception]:
    """Return an error that the runtime expects, one that it does not, or one that is none."""
    return {"PageError": PageError, "RuntimeError": RuntimeError, "SystemExit": SystemExit}[name]  # type: ignore[return-value]
