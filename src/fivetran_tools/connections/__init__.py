"""The work of `connection`: connections of the real Fivetran or the local one, over its REST API."""
