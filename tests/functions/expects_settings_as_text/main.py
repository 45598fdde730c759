"""Takes every setting for text, which a typed one is not."""

from behaves.spoiling import on_request


@on_request
def main(body):
    body.get("secrets", {}).get("page_size", "2").strip()
