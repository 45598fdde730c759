"""The focus areas, in the order in which they are offered."""

from typing import Final

from insights.areas import financial, optimization, overall, strategic
from insights.workflow import Area

AREAS: Final[tuple[Area, ...]] = (overall.AREA, optimization.AREA, financial.AREA, strategic.AREA)
BY_KEY: Final = {area.key: area for area in AREAS}
