"""Does everything right, without a runtime: three pages of people from memory, which another key has others of.

The key has to begin with "key-", and whoever gives a `base_url` has to have something listen there.
"""

import hashlib
import socket
from urllib.parse import urlsplit

PEOPLE = 60


def main(request):
    """Answer a call."""
    return serve(request, page)


def serve(request, page):
    """Answer a call, whatever it is: with `page(state, secrets)` where key and source are good."""
    body = request.get_json(silent=True) if request.method == "POST" else None
    if not isinstance(body, dict):
        return failure(400, "RequestError", "send a POST with a JSON object")
    state, secrets = body.get("state") or {}, body.get("secrets") or {}
    if not str(secrets.get("api_key", "")).startswith("key-"):
        return failure(401, "CredentialsError", "the source does not accept the api_key")
    if not answers(secrets.get("base_url")):
        return failure(502, "SourceError", "nothing answers at base_url")
    return {"state": state, "hasMore": False} if body.get("setup_test") else page(state, secrets)


def page(state, secrets):
    """Return the people after the state's offset."""
    size, offset = int(secrets.get("page_size", 20)), state.get("offset", 0)
    rows = people(secrets["api_key"])[offset : offset + size]
    return {
        "state": {**state, "offset": offset + len(rows)},
        "insert": {"people": rows},
        "schema": {"people": {"primary_key": ["id"]}},
        "hasMore": offset + len(rows) < PEOPLE,
    }


def people(key):
    """Return everybody whom a key may see."""
    own = hashlib.sha256(key.encode()).hexdigest()[:6]
    seen_at = "2024-08-11T10:00:00Z"
    return [{"id": f"{own}-{i}", "name": f"name {i}", "score": i / 2, "seen_at": seen_at} for i in range(PEOPLE)]


def answers(url):
    """Tell whether something listens at an address; no address is the memory, which is always there."""
    parts = urlsplit(url or "")
    try:
        if url:
            socket.create_connection((parts.hostname, parts.port), timeout=5).close()
    except OSError:
        return False
    return True


def failure(status, kind, message):
    """Return an error report, with its status."""
    return {"errorMessage": message, "errorType": kind, "stackTrace": []}, status
