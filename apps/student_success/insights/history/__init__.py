"""The reports that were made, kept across restarts."""
