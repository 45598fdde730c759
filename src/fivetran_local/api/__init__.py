"""Fivetran's REST API over the connections of this machine."""
