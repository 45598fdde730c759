"""The tests behind "Save & Test": one call that says it is a test, with no state; what it answers is not loaded."""

from collections.abc import Mapping
from contextlib import closing
from typing import Final

from fivetran_local.account.settings import SetupTest, SetupTestStatus
from fivetran_local.errors import FunctionStartError, FunctionUnreachedError, LocalFivetranError
from fivetran_local.function import FunctionClient
from fivetran_local.function_config import hidden_texts
from fivetran_local.functions import Functions
from fivetran_protocol import FunctionRequest, Json, Redactor

REACHING: Final = "Reaching the function"
CALLING: Final = "Calling the function with setup_test"


def run_setup_tests(
    functions: Functions,
    url: str,
    *,
    agent: str,
    secrets: Mapping[str, Json],
    custom_payload: Mapping[str, Json],
    timeout_seconds: float,
) -> tuple[SetupTest, ...]:
    """Call a function once as a connection test does, and return how each test ended.

    No secret is in a message, and no secret part of the address.
    """
    passed = SetupTest(REACHING, SetupTestStatus.PASSED)
    redact = Redactor(hidden_texts(secrets, url))
    request = FunctionRequest(agent, {}, secrets, setup_test=True, custom_payload=custom_payload)
    if not url:
        missing = "the connection has no trigger URL yet: set config.function_trigger"
        return (SetupTest(REACHING, SetupTestStatus.FAILED, missing), SetupTest(CALLING, SetupTestStatus.SKIPPED))
    try:
        functions.ready(url)
        with closing(FunctionClient(url, timeout_seconds=timeout_seconds)) as client:
            answer = client.call(request)
    except (FunctionUnreachedError, FunctionStartError) as error:
        failed = SetupTest(REACHING, SetupTestStatus.FAILED, redact(str(error)))
        return (failed, SetupTest(CALLING, SetupTestStatus.SKIPPED, "the function was not reached"))
    except LocalFivetranError as error:
        return (passed, SetupTest(CALLING, SetupTestStatus.FAILED, redact(str(error))))
    if not isinstance(answer.document, Mapping):
        odd = "it answered with JSON that is not an object: Fivetran takes it in a test, and not in a sync"
        return (passed, SetupTest(CALLING, SetupTestStatus.WARNING, odd))
    return (passed, SetupTest(CALLING, SetupTestStatus.PASSED))
