"""Exchanges with a function in a file that a person can read, and what its source answered meanwhile.

`recorder` writes one while a function is called; `files` reads it back; `playback` stands for the source when a request
is sent again. Secrets are masked before anything is written.
"""
