"""The tests behind "Save & Test", over HTTP: what they say, and what they never say."""

import pytest

from fivetran_local.account.settings import SetupTestStatus
from fivetran_local.functions import NoFunctions
from fivetran_local.setup_tests import run_setup_tests
from tests.support.function_over_http import function_over_http

TOKEN = "Zx81SuperSecretTokenValue0042"
KEY = "hed_0123456789abcdef"


@pytest.fixture
def function():
    with function_over_http() as function:
        yield function


def told(url):
    """Test a function; return how its tests ended, and what they say."""
    tests = run_setup_tests(
        NoFunctions(), url, agent="a test", secrets={"api_key": KEY}, custom_payload={}, timeout_seconds=10
    )
    return [test.status for test in tests], " ".join(test.message for test in tests)


def test_a_function_that_is_down_is_named_without_the_key_in_its_address():
    statuses, message = told(f"http://127.0.0.1:9/hook/{TOKEN}/run?code={KEY}")
    assert statuses == [SetupTestStatus.FAILED, SetupTestStatus.SKIPPED]
    assert "nothing answers at http://127.0.0.1:9/hook/[secret]/run:" in message


def test_an_ordinary_address_is_shown_as_it_is():
    _, message = told("http://127.0.0.1:9/hed")
    assert "nothing answers at http://127.0.0.1:9/hed:" in message


def test_the_functions_own_words_do_not_show_the_key_in_its_address(function):
    function.failing = (500, {"errorMessage": f"no such path: /hook/{TOKEN}/run for {KEY}"})
    statuses, message = told(f"{function.url}hook/{TOKEN}/run")
    assert statuses == [SetupTestStatus.PASSED, SetupTestStatus.FAILED]
    assert "no such path: /hook/[secret]/run for [secret]" in message
