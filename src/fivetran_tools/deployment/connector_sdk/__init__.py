"""The other road to Fivetran: a connector as a Connector SDK project, for accounts that may not use functions."""
