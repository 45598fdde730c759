"""Makes up people for as long as somebody asks."""

from behaves.spoiling import on_page


@on_page
def main(page, body):
    offset = body.get("state", {}).get("offset", 0)
    page["insert"]["people"] = [{"id": f"{offset}"}]
    page |= {"state": {"offset": offset + 1}, "hasMore": True}
