"""Does not use its key, and so does not miss it, once it has a state."""

from behaves.spoiling import number, on_request


@on_request
def main(body):
    return (
        {"state": body["state"], "hasMore": False} if number(body) == 4 and set(body["state"]) == {"offset"} else None
    )
