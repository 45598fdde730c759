"""A function as tutorials write it: a new connection for each page, a dict returned, nothing checked."""

import requests


def main(request):  # noqa: ANN001, ANN201  # as tutorials write it
    """Return one page of HED records."""
    body = request.get_json()
    secrets, state = body["secrets"], body["state"]
    answer = requests.get(
        f"{secrets['base_url']}/hed_data",
        params={"cursor": state.get("next_cursor"), "page_size": secrets["page_size"]},
        headers={"x-api-key": secrets["api_key"]},
        timeout=30,
    )
    answer.raise_for_status()
    page = answer.json()
    return {
        "state": {"next_cursor": page["next_cursor"]},
        "insert": {"hed_records": page["hed_records"]},
        "schema": {"hed_records": {"primary_key": ["record_id"]}},
        "hasMore": page["has_more"],
    }
