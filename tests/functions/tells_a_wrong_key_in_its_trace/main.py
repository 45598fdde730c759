"""Has the key that was refused in its stack trace, quoted for a URL."""

from urllib.parse import quote

from behaves.spoiling import on_request


@on_request
def main(body):
    key = body.get("secrets", {}).get("api_key", "key-")
    if key.startswith("key-"):
        return None
    return {"errorMessage": "refused", "errorType": "HTTPError", "stackTrace": ["GET /?key=" + quote(key)]}, 401
