"""Draws docs/debug.svg, the picture in README: what `./fivetran debug hed --simulate` prints on a fresh warehouse.

python docs/make_picture.py
"""

import io
import re
import tempfile
from pathlib import Path

from rich.console import Console

from fivetran_tools.debug import DebugOptions, debug
from fivetran_tools.project import Project
from fivetran_tools.terminal import show_report

console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
console.print("$ ./fivetran debug hed --simulate", highlight=False)
with tempfile.TemporaryDirectory() as scratch:
    options = DebugOptions("hed", simulate=True, warehouse=Path(scratch) / "warehouse.db")
    show_report(console, debug(Project.here(), options))
# Whoever looks at the picture uses a font of their own: it fetches none.
picture = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="fivetran"), flags=re.DOTALL)
Path(__file__).with_name("debug.svg").write_text(picture, encoding="utf-8")
