"""Logs the key that was refused, in base64."""

import base64

from behaves.spoiling import on_request


@on_request
def main(body):
    key = body.get("secrets", {}).get("api_key", "key-")
    if not key.startswith("key-"):
        print("refused:", base64.b64encode(key.encode()).decode())
