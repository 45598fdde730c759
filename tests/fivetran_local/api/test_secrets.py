"""No secret that was sent is in an answer, a log or the account's file; and masks that come back change nothing."""

import hashlib
import json

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fivetran_local.api.masking import masked, unmasked
from fivetran_local.function_config import MASKED

# Marked, so that a secret is not found by chance: "0" is in every answer.
secrets = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20).map(
    lambda text: f"<s3cret:{text}>"
)
names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=12)
pairs = st.dictionaries(names, secrets, min_size=1, max_size=4).map(
    lambda found: [{"key": key, "value": value} for key, value in found.items()]
)
configs = st.one_of(
    st.fixed_dictionaries({"secrets_list": pairs}),
    st.fixed_dictionaries({"secrets": st.dictionaries(names, secrets, min_size=1).map(json.dumps)}),
    st.fixed_dictionaries({"function_trigger": names.map(lambda name: f"https://s3cret.invalid/{name}")}),
    st.fixed_dictionaries({"secrets_list": pairs, "secrets": secrets}),  # refused, and the refusal quotes nothing
    st.fixed_dictionaries({"function_trigger": secrets}),
)
services = st.sampled_from(["google_cloud_function", "aws_lambda", "azure_function", "connector_sdk"])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(services, configs, configs)
def test_no_secret_comes_back(client, service, first, second):
    schema = f"s_{hashlib.sha256(repr((service, first, second)).encode()).hexdigest()[:40]}"
    body = {"group_id": client.group, "service": service, "run_setup_tests": False}
    made = client.send("POST", "/v1/connections", json={**body, "config": {"schema": schema, **first}})
    answers = [made]
    if made.ok:
        path = f"/v1/connections/{made.json()['data']['id']}"
        answers += [
            client.send("PATCH", path, json={"config": second, "run_setup_tests": False}),
            client.send("GET", path),
            client.send("GET", "/v1/connections", params={"schema": schema}),
            client.send("GET", f"/v1/groups/{client.group}/connectors", params={"schema": schema}),
        ]
        folder = client.local.connections.store.folder
        kept = b"".join(file.read_bytes() for file in folder.rglob("*.json*"))
        assert b"s3cret" not in kept
        answers.append(client.send("DELETE", path))
    for answer in answers:
        assert answer.status_code < 500
        assert "s3cret" not in answer.text


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(["host", "port", "password", "private_key", "token", "auth", "connection"])
destination_configs = st.dictionaries(keys, values, max_size=5)


@given(destination_configs)
@example({"host": [{"private": 1}, {"private": [2]}]})
def test_a_destination_whose_masked_configuration_comes_back_is_unchanged(config):
    again = unmasked(masked(config), config)
    assert again == config


@given(st.dictionaries(st.sampled_from(["password", "private_key", "api_token"]), st.text(min_size=1), min_size=1))
def test_what_is_secret_by_its_name_is_masked_at_any_depth(config):
    expected = dict.fromkeys(config, MASKED)
    assert masked({"outer": [{"inner": config}], **config}) == {"outer": [{"inner": expected}], **expected}
