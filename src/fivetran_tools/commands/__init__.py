"""The words of each verb, one module a verb: they read what was typed, call the work, and show its result.

The work itself is a function elsewhere in `fivetran_tools` that returns a value and raises. What is heavy to import is
imported inside a command's body, so that `--help` and the light verbs start at once.
"""
