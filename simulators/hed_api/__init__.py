"""The HED API on this machine: pages of student records, as the live demonstration API gives them.

Known of the live API, from one published record and a published client: the 23 fields and their formats, `/hed_data`
with `cursor` and `page_size` (1 to 200), the key in `x-api-key`, the three fields of an answer, cursors that look like
percent-encoded Fernet tokens, and `/hed_api_spec`.

Inferred: that pages come in the order of change, so that a kept cursor leads to what changed since; that the last page
carries a cursor; that an hour below ten is written with one digit in all three times; that a cursor is taken with and
without a second percent-encoding.

Invented: every row and how its columns hang together, the share of nulls, the errors' texts, the documentation's
wording, and the control door.
"""
