"""Which connection is meant: by its id, or by its schema, which Fivetran calls its name."""

import re
from typing import Final

from fivetran_tools.errors import UsageError
from fivetran_tools.fivetran_api import Connection, FivetranApi, FivetranApiError

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")


def find(api: FivetranApi, name: str) -> Connection:
    """Return the connection of an id, or of a schema where no connection has that id.

    Raises:
        UsageError: nothing is called so, or several are.
        CommandError: Fivetran does not answer, or refuses.
    """
    if not _NAME.fullmatch(name):
        raise UsageError("a connection is named by its id or its schema: letters, digits and _")
    try:
        return api.connection(name)
    except FivetranApiError as error:
        if error.status != 404:
            raise
    found = list(api.connections(schema=name))
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(sorted(connection.id for connection in found))
        message = f"several connections write into {name}: name one by its id: {ids}"
        raise UsageError(message)
    message = f"no connection has the id or the schema {name!r} at {api.address.host}: {api.address.command('list')}"
    raise UsageError(message)
