"""JSON for a person and for a program: readable, and without a character that moves a terminal's cursor."""

import json
import re
from typing import Final

_WORD: Final = re.compile(r"[^ -~\n]")


def json_text(document: object) -> str:
    """Return JSON on several lines, without a line end at its end; what is not printed is escaped, as JSON may."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    return _WORD.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)
