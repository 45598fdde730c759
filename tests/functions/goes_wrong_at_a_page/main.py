"""Six pages of two numbers, and on page `at`, counted from 1, one thing is not as it should be: `how` says what."""


def main(request):
    """Return the page that the state says."""
    body = request.get_json()
    page = body["state"].get("page", 0)
    how = body["secrets"]["how"] if page + 1 == int(body["secrets"]["at"]) else ""
    answer = {
        "state": {"page": page + 1},
        "insert": {"numbers": [{"id": page * 2 + i} for i in range(2)]},
        "schema": {"numbers": {"primary_key": ["id"]}},
        "hasMore": page < 5,
    }
    if how == "null key":
        answer["insert"]["numbers"][1]["id"] = None
    if how == "state stays":
        answer["state"] = body["state"]
    if how == "other key":
        answer["schema"]["numbers"]["primary_key"] = ["number"]
        answer["insert"]["numbers"] = [{"number": page}]
    if how == "other type":
        answer["insert"]["numbers"][0]["more"] = "text"
    elif page == 0:
        answer["insert"]["numbers"][0]["more"] = 5
    if how == "fails":
        return {"errorMessage": "as it was told"}, 500
    return answer
