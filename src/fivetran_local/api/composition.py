"""What the handlers have in common: the local Fivetran that they answer for."""

from typing import Annotated

from fastapi import Depends, Request

from fivetran_local.local_fivetran import LocalFivetran


async def _local_of(request: Request) -> LocalFivetran:
    local: LocalFivetran = request.app.state.local
    return local


Local = Annotated[LocalFivetran, Depends(_local_of)]
"""A handler's parameter: the local Fivetran."""
