"""What holds for every test: property tests are not judged by the clock of a machine that others share."""

from hypothesis import settings

settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")
