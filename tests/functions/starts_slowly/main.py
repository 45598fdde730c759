"""Does at its start what could wait."""

import time

from behaves.main import main

__all__ = ["main"]

time.sleep(5.1)
