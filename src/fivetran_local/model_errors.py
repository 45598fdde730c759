"""What pydantic finds wrong with something that was sent, in the words of this program."""

from typing import Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

_WORDS: Final = {
    "missing": "the field is required",
    "extra_forbidden": "there is no such field",
    "model_type": "expected a JSON object",
    "model_attributes_type": "expected a JSON object",
}


def first_in_words(error: ValidationError) -> str:
    """Return the first thing that is wrong as "FIELD: what was expected"; what was sent is not quoted."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'body'}: {_expectation(first)}"


def _expectation(error: ErrorDetails) -> str:
    if error["type"] in _WORDS:
        return _WORDS[error["type"]]
    said = error["msg"].removeprefix("Value error, ")
    for theirs, ours in (("Input should be ", "expected "), ("Invalid JSON", "not JSON")):
        if said.startswith(theirs):
            return ours + said.removeprefix(theirs)
    return f"{said[:1].lower()}{said[1:]}"
