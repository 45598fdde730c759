"""What holds for every test: property tests are not judged by the clock of a machine that others share, and take fewer
examples every day.

What is held against Fivetran's own definition of its API asks for `fivetran_definition`.
"""

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("shared machine", deadline=None)
settings.register_profile("everyday", deadline=None, max_examples=25)  # the whole run takes Hypothesis's hundred
settings.load_profile("shared machine")


@pytest.fixture(scope="session")
def fivetran_definition():
    """Fivetran's definition of its API; it is not part of this repository, and without it these tests are skipped."""
    from fivetran_tools.api_coverage import DEFINITION

    named = os.environ.get(DEFINITION)
    if not named:
        pytest.skip(f"{DEFINITION} names no copy of Fivetran's definition")
    return json.loads(Path(named).read_text(encoding="utf-8"))
