import hashlib
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from fivetran_local.hashing import hasher
from tests.fivetran_protocol.strategies import json_values

SALT = b"salt"


def test_a_hash_is_sha_256_of_the_salt_and_the_text_in_hexadecimal():
    assert hasher(SALT)("ada@example.org") == hashlib.sha256(b"saltada@example.org").hexdigest()


def test_a_number_has_the_hash_of_its_text_so_that_columns_of_two_types_join():
    hashed = hasher(SALT)
    assert hashed(5) == hashed(5.0) == hashed("5")
    assert hashed(True) == hashed("true")
    assert hashed({"a": [1]}) == hashed('{"a":[1]}')


def test_another_salt_is_another_hash():
    assert hasher(b"one")("x") != hasher(b"two")("x")


def test_another_process_hashes_alike():
    code = "from fivetran_local.hashing import hasher; print(hasher(b'salt')('x'))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert other.stdout.strip() == hasher(SALT)("x")


@given(st.text(), st.text())
def test_unequal_texts_have_unequal_hashes(one, other):
    hashed = hasher(SALT)
    assert (hashed(one) == hashed(other)) == (one == other)


@given(json_values.filter(lambda value: value is not None))
def test_everything_can_be_hashed(value):
    assert len(hasher(SALT)(value)) == 64


def test_half_a_surrogate_pair_can_be_hashed():
    assert hasher(SALT)("a\ud800") == hasher(SALT)("a\\ud800")
