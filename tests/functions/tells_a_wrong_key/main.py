"""Says in its error report which key was refused."""

from behaves.main import failure
from behaves.spoiling import on_request


@on_request
def main(body):
    key = body.get("secrets", {}).get("api_key", "key-")
    return None if key.startswith("key-") else failure(401, "CredentialsError", f"the source refuses {key}")
