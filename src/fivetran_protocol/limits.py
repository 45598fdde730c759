"""Fivetran's limits on a function connector, each with where it was read and how sure we are.

Documented: a vendor's public page says it. Chosen: nothing public says it, and docs/protocol-choices.md says why we
took this value. Everything here is a default of the local Fivetran, never a silent constant in its code.
"""

from typing import Final

MAX_RESPONSE_BYTES: Final = 10 * 1024 * 1024
"""Uncompressed response body of a 1st gen function. Documented: docs.cloud.google.com/functions/quotas gives 10 MB;
that Fivetran counts in mebibytes is chosen."""

CALL_TIMEOUT_SECONDS: Final = 540
"""Longest run of a 1st gen function. Documented: docs.cloud.google.com/functions/quotas. How long Fivetran itself
waits is not public; it cannot be less than what it lets a function run."""

MAX_CONSECUTIVE_EMPTY_RESPONSES: Final = 10
"""More than this many in a row and Fivetran ends the sync. Documented: May 2025 in
fivetran.com/docs/connectors/functions/changelog. That "empty" means no row in `insert` and none in `delete` is
chosen."""

MAX_SYNC_SECONDS: Final = 6 * 60 * 60
"""Fivetran stops calling after this; the state reached is kept and the next sync goes on from it. Documented:
fivetran.com/docs/connectors/functions/changelog, August 2018."""
