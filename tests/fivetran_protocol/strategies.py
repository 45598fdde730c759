"""Any JSON, any response, any secret: what the property tests draw from."""

from hypothesis import strategies as st

from fivetran_protocol import FunctionRequest, FunctionResponse, Table

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
objects = st.dictionaries(st.text(), json_values, max_size=4)
names = st.text(min_size=1, max_size=12)

FIELDS = ("state", "insert", "delete", "schema", "hasMore", "softDelete", "has_more", "upsert", "errorMessage")
almost_responses = st.dictionaries(
    st.sampled_from(FIELDS) | st.text(),
    json_values | st.dictionaries(names, st.lists(objects | json_values, max_size=3) | objects, max_size=3),
    max_size=7,
)

requests = st.builds(
    FunctionRequest,
    agent=st.text(),
    state=objects,
    secrets=objects,
    sync_id=st.none() | st.uuids().map(str),
    setup_test=st.booleans(),
    custom_payload=objects,
)


@st.composite
def responses(draw):
    """Draw a response that a runtime would write: every row of a keyed table carries its key."""
    key_values = st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)
    schema = {
        name: Table(tuple(draw(st.lists(names, max_size=2, unique=True))))
        for name in draw(st.lists(names, max_size=3, unique=True))
    }

    def rows(table):
        keys = st.fixed_dictionaries(dict.fromkeys(table.primary_key, key_values))
        return draw(st.lists(st.builds(lambda row, key: {**row, **key}, objects, keys), max_size=3))

    return FunctionResponse(
        state=draw(objects),
        insert={name: rows(table) for name, table in schema.items() if draw(st.booleans())},
        delete={name: rows(table) for name, table in schema.items() if draw(st.booleans())},
        schema=schema,
        has_more=draw(st.booleans()),
        soft_delete=draw(st.just(True) | st.lists(names, max_size=2).map(tuple)),
    )
