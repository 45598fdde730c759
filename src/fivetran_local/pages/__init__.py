"""The web page: what people do in Fivetran, rendered by the server, and kept current by what it pushes."""
