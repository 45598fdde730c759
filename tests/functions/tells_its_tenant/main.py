"""Puts a setting into its row that is no secret, and looks like one."""


def main(request):
    """Answer any call with the tenant."""
    tenant = (request.get_json(silent=True) or {}).get("secrets", {}).get("tenant")
    return {
        "state": {},
        "insert": {"tenants": [{"id": tenant or "nobody"}]},
        "schema": {"tenants": {"primary_key": ["id"]}},
        "hasMore": False,
    }
