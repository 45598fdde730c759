"""What a connection's function says itself, where it runs on this machine."""

from typing import Final

from fivetran_local.function_config import redactor_of, trigger_of
from fivetran_local.function_process import tail
from fivetran_local.pages.site import Site

_LINES: Final = 60


def function_log(site: Site, connection_id: str) -> str:
    """Return the last lines of the log of a connection's function, without its secrets; empty where there is none.

    Raises:
        NotFoundError: there is no such connection.
    """
    config = site.connections.settings(connection_id).config
    here = {function.url: function for function in site.connections.functions.described()}
    function = here.get(trigger_of(config))
    if function is None or function.log is None:
        return ""
    return redactor_of(config)(tail(function.log, _LINES))
