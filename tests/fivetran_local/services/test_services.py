"""`services.yaml`: what is read, what is refused with its line, and what stands in ours."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.function_config import RUNS_HERE, SERVICES
from fivetran_local.services import FieldKind, icon, read_services
from fivetran_local.services.reading import parse_services
from fivetran_local.strict_yaml import YamlError

OURS = Path(__file__).parents[3] / "services.yaml"
GOOD = """
one:
  name: One
  color: "#00ff00"
  category: functions
  internal: false
  requires_schema_prefix: false
  static_config: {mode: DIRECT, deep: {a: [1]}}
  fields:
    address: {label: Address, kind: url, required: true, help: Where it is.}
    keys: {label: Keys, kind: secret_pairs}
two:
  name: Two
  color: "#0000FF"
  category: databases
  internal: true
  requires_schema_prefix: true
  static_config: {}
  not_here: because
"""


def refusal(text):
    with pytest.raises(YamlError) as caught:
        parse_services(text, "services.yaml")
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    return line


def test_services_have_what_stands_there_in_its_order():
    one, two = parse_services(GOOD, "f").values()
    assert (one.key, one.name, one.color, one.category, one.internal) == ("one", "One", "#00ff00", "functions", False)
    assert one.runs_here
    assert [(field.key, field.kind, field.required, field.help) for field in one.fields] == [
        ("address", FieldKind.URL, True, "Where it is."),
        ("keys", FieldKind.SECRET_PAIRS, False, ""),
    ]
    assert (two.runs_here, two.why_not, two.fields) == (False, "because", ())


def test_a_config_holds_what_is_the_same_for_all_the_name_and_what_was_entered():
    one, two = parse_services(GOOD, "f").values()
    assert one.config("hed", {"address": "x"}) == {
        "mode": "DIRECT",
        "deep": {"a": [1]},
        "schema": "hed",
        "address": "x",
    }
    assert two.config("hed", {}) == {"schema_prefix": "hed"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  name: One\n", "", "2: 'one' has no 'name': add it"),
        ('"#00ff00"', "green", "4: 'color' of 'one' is 'green': expected a color like"),
        ('"#00ff00"', "#00ff00", "4: 'color' of 'one' is empty: expected a color like"),
        ("internal: false", "internal: maybe", "6: 'internal' of 'one' is 'maybe': expected true or false"),
        ("category: functions", "categori: functions", "2: 'one' has no 'category': add it"),
        ("  fields:", "  field: x\n  fields:", "9: 'one' has no key 'field': did you mean fields?"),
        ("kind: url", "kind: uri", "10: 'kind' of 'address' is 'uri': expected text or url or password or pairs"),
        ("label: Address, ", "", "10: 'address' of 'fields' has no 'label': add it"),
        ("one:", "One:", "2: 'One' is not a legal name in the file"),
        ("address:", "schema:", "10: 'schema' of 'fields' is always asked for: remove it"),
        ("mode: DIRECT", "schema: x", "'schema' of 'static_config' is always asked for: remove it"),
        ("mode: DIRECT", "address: x", "'address' of 'static_config' is among its fields as well: keep one"),
        ("two:", "one:", "12: 'one' is given twice, first in line 2"),
        ("static_config: {}", "static_config: []", "18: 'static_config' of 'two' is a list: expected a mapping"),
        ("not_here: because", "not_here: ''", "19: 'not_here' of 'two' is '': expected a text"),
        ("not_here: because", "not_here: &a x", "19: an anchor or alias"),
        ("required: true", "required: 1", "10: 'required' of 'address' is 1: expected true or false"),
    ],
)
def test_what_is_not_legal_is_told_with_its_line(old, new, said):
    assert old in GOOD
    assert said in refusal(GOOD.replace(old, new, 1))


@pytest.mark.parametrize("text", ["", "[]", "x", "{}", "one:", "one: []", b"\xff", "[" * 10_000])
def test_a_file_without_services_is_refused(text):
    assert refusal(text).startswith("services.yaml:")


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    for path in (tmp_path, tmp_path / "missing.yaml"):
        with pytest.raises(YamlError, match="cannot read "):
            read_services(path)


@given(st.text(alphabet="onetw: {}[]#\"'\n-&*!|", max_size=80))
def test_any_text_is_read_or_refused_in_one_line(text):
    try:
        parse_services(text, "f")
    except YamlError as error:
        said = str(error)
    else:
        said = "f:"
    assert said.startswith("f")
    assert len(said.splitlines()) == 1


def test_ours_are_those_that_the_local_fivetran_has_and_one_of_them_runs_here():
    services = read_services(OURS)
    assert set(services) == set(SERVICES)
    assert [service.key for service in services.values() if service.runs_here] == [RUNS_HERE]


def test_every_service_of_ours_has_an_icon_of_its_own_and_others_have_one_all_the_same():
    drawn = {key: icon(key) for key in read_services(OURS)}
    assert len(set(drawn.values())) == len(drawn)
    for key in ("never_heard_of", "../reading", "", "service"):
        assert icon(key) not in drawn.values()
    for text in (*drawn.values(), icon("never_heard_of")):
        assert ET.fromstring(text).get("viewBox") == "0 0 24 24"
        assert not re.search(r"<script|<style|href|on\w+=", text), "it stands in a page as it is"


def test_every_field_of_ours_is_one_of_fivetrans(fivetran_definition):
    schemas = fivetran_definition["components"]["schemas"]
    for service in read_services(OURS).values():
        known = schemas[f"{service.key}_config_V1"]["properties"]["config"]["properties"]
        for field in service.fields:
            assert field.key in known, (service.key, field.key)
            assert field.kind.is_list == (known[field.key]["type"] == "array")
            if known[field.key].get("format") == "password" and field.kind is not FieldKind.URL:
                assert field.kind.is_secret
        for key, value in service.static_config.items():
            assert value in known[key].get("enum", [value])
