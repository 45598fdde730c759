"""A rule is waived with a written reason, or not at all."""

import pytest

from fivetran_local.conformance import NAMES
from fivetran_tools.checking.waivers import read_waivers, waivers_in
from fivetran_tools.errors import UsageError


def test_a_connector_without_the_file_waives_nothing(tmp_path):
    assert read_waivers(tmp_path) == {}


def test_reasons_are_read_by_rule(tmp_path):
    (tmp_path / "waivers.toml").write_text('# why\nends = "it does"\n\n"has-more" = "é = ok"\n', encoding="utf-8")
    assert read_waivers(tmp_path) == {"ends": "it does", "has-more": "é = ok"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ends = no", "write lines like naive-timestamps"),
        (b"ends = 'a'\nends = 'b'", "write lines like naive-timestamps"),
        (b"\xff\xfe", "write lines like naive-timestamps"),
        (b"end = 'it does'", "there is no rule 'end'"),
        (b"ends = ''", "'ends' is waived without a reason"),
        (b"ends = '  '", "'ends' is waived without a reason"),
        (b"ends = 3", "'ends' is waived without a reason"),
        (b"[ends]\nreason = 'it does'", "'ends' is waived without a reason"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_line_that_names_it(tmp_path, content, reason):
    file = tmp_path / "waivers.toml"
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_waivers(tmp_path)
    assert reason in str(caught.value)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "waivers.toml").mkdir()
    with pytest.raises(UsageError, match=r"cannot read .*waivers\.toml: Is a directory"):
        read_waivers(tmp_path)


def test_words_are_rule_and_reason():
    assert waivers_in([]) == {}
    words = ["ends=it does", "has-more = a = b ", *(f"{name}=all" for name in NAMES[:2])]
    assert waivers_in(words) == {"ends": "it does", "has-more": "a = b", NAMES[0]: "all", NAMES[1]: "all"}


@pytest.mark.parametrize("word", ["ends", "ends=", "ends= ", "=why", "", "=", "Ends=why"])
def test_words_without_a_rule_or_a_reason_are_refused(word):
    with pytest.raises(UsageError, match="--waive: "):
        waivers_in([word])
