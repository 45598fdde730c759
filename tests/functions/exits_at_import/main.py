"""Leaves while it is imported, with a word of its own."""

import sys

sys.exit("HED_REGION is not set")
