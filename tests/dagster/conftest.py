"""The local Fivetran that dagster is pointed at."""

from tests.support.hed_fixtures import fivetran, hed, source

__all__ = ["fivetran", "hed", "source"]
