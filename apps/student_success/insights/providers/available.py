"""Who can put figures into words here: the offline analyst always, others where somebody set them up."""

from collections.abc import Mapping
from typing import Any

from cohort.cohort import Place
from insights.providers.offline import OfflineAnalyst
from insights.providers.protocol import Provider, ProviderError


def available(
    environment: Mapping[str, str], secrets: Mapping[str, Any], place: Place
) -> tuple[list[Provider], list[str]]:
    """Return who can be asked, the offline analyst first, and what is wrong with the settings of the others."""
    from insights.providers import cortex, openai_compatible  # when somebody opens the page, not before

    found: list[Provider] = [OfflineAnalyst()]
    wrong: list[str] = []
    for look in (
        lambda: openai_compatible.from_settings(environment, secrets),
        lambda: cortex.from_place(place, environment),
    ):
        try:
            provider = look()
        except ProviderError as error:
            wrong.append(str(error))
        else:
            found += [provider] if provider else []
    return found, wrong
