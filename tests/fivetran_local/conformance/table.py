"""Which function breaks which rules: each is made to break one, and where a mistake is two, both are named."""

from dataclasses import dataclass, field
from typing import Any

from fivetran_local.sync import Limits

ENDLESS = ("future-state", "newer-state", "second-sync")
"""Rules about what comes after the last page, where there is none."""
CUT_SHORT = (*ENDLESS, "ends")
"""Where the last page fails, or cannot be read, nobody knows either whether the sync would have ended."""
FAILED = (*CUT_SHORT, "separate-syncs")
"""A call that fails alone is not told from one that fails because of another connection."""
ABOUT_PAGES = (
    "big-integers", "delete-has-key", "keyless-tables", "naive-timestamps", "names-survive", "one-type", "page-twice",
    "primary-key-stable", "primary-key-unique", "reserved-words", "resumes", "same-answer", "soft-delete-tables",
)  # fmt: skip
ABOUT_ANSWERS = (
    "field-names", "finite-numbers", "has-more", "json-object", "primary-key", "rows-by-table", "state-object",
)  # fmt: skip
ABOUT_REQUESTS = (
    "bad-credentials", "custom-payload", "missing-secrets", "missing-state", "missing-sync-id", "setup-test",
    "setup-test-credentials", "setup-test-moves-nothing", "setup-test-source", "source-down", "stray-requests",
    "typed-secrets", "unknown-keys",
)  # fmt: skip
REPEATED = ("page-twice", "same-answer")
OPAQUE = ("future-state",)
SINGLE_PAGE = ("resumes",)
FEW_ROWS = ("second-sync",)
"""Of a table of fewer than fifty, nobody can tell whether it is read again for no reason."""


@dataclass(frozen=True)
class Row:
    """A function, the rules that it breaks, and those that it keeps from being judged."""

    function: str
    breaks: tuple[str, ...] = ()
    not_run: tuple[str, ...] = ()
    how: dict[str, Any] = field(default_factory=dict)
    """What else `evidence_about` has to know."""


APART = {"apart": True}

GOOD = (
    Row("behaves", how=APART),
    Row("follows_cursors", not_run=OPAQUE, how=APART),
    Row("follows_many_cursors", not_run=CUT_SHORT, how=APART),
    Row("deletes_and_keeps_whole", how=APART),
    Row("counts_pages_since_a_time", how=APART),
    Row("has_composite_keys", not_run=OPAQUE, how=APART),
    Row("has_a_single_page", not_run=SINGLE_PAGE),
    Row("has_an_empty_source", not_run=(*SINGLE_PAGE, *OPAQUE, *FEW_ROWS)),
)

BAD = (
    # What is sent.
    Row("needs_a_state", ("missing-state",)),
    Row("crashes_without_secrets", ("missing-secrets",)),
    Row("needs_a_sync_id", ("missing-sync-id",)),
    Row("refuses_unknown_keys", ("unknown-keys",)),
    Row("expects_settings_as_text", ("typed-secrets",)),
    Row("expects_flat_secrets", ("typed-secrets",)),
    Row("refuses_a_custom_payload", ("custom-payload",)),
    Row("shows_visitors_a_page", ("stray-requests",)),
    Row("crashes_on_what_is_not_json", ("stray-requests",)),
    Row("takes_any_body_for_a_call", ("stray-requests",)),
    Row("fails_its_setup_test", ("setup-test",)),
    Row("tests_no_key", ("setup-test-credentials",)),
    Row("refuses_keys_in_a_test_without_a_report", ("setup-test-credentials",)),
    Row("tests_no_source", ("setup-test-source",)),
    Row("returns_rows_in_a_setup_test", ("setup-test-moves-nothing",)),
    Row("moves_its_state_in_a_setup_test", ("setup-test-moves-nothing",)),
    # A page.
    Row("returns_a_list", ("json-object",), CUT_SHORT),
    Row("returns_html", ("json-object",), CUT_SHORT),
    Row("returns_nothing", ("json-object",), CUT_SHORT),
    Row("says_it_is_text", ("json-object",)),
    Row("writes_a_key_twice", ("json-object",)),
    Row("sends_nan", ("finite-numbers",), CUT_SHORT),
    Row("sends_infinity", ("finite-numbers",), CUT_SHORT),
    Row("keeps_its_state_as_text", ("state-object",), CUT_SHORT),
    Row("forgets_its_state", ("state-object",), CUT_SHORT),
    Row("counts_in_big_integers", ("state-object",)),
    Row("forgets_has_more", ("has-more",)),
    Row("writes_has_more_as_text", ("has-more",)),
    Row("counts_in_has_more", ("has-more",), CUT_SHORT),
    Row("spells_has_more", ("field-names",), (*SINGLE_PAGE, *FEW_ROWS)),  # none of its pages says that there are more
    Row("upserts", ("field-names",), FEW_ROWS),
    Row("spells_its_primary_key", ("field-names", "keyless-tables")),
    Row("sends_its_rows_in_a_list", ("rows-by-table",), CUT_SHORT),
    Row("sends_one_row_as_an_object", ("rows-by-table",), CUT_SHORT),
    Row("sends_rows_as_lists", ("rows-by-table",), CUT_SHORT),
    Row("lists_its_schema", ("rows-by-table",), CUT_SHORT),
    Row("names_a_table_by_its_key", ("rows-by-table",), CUT_SHORT),
    Row("has_a_table_without_a_name", ("rows-by-table",), CUT_SHORT),
    Row("deletes_without_a_schema", ("delete-has-key",), CUT_SHORT),
    Row("deletes_without_a_key", ("delete-has-key",)),
    Row("leaves_a_key_null", ("primary-key",), CUT_SHORT),
    Row("leaves_a_key_out", ("primary-key",), CUT_SHORT),
    Row("has_an_object_for_a_key", ("primary-key",), CUT_SHORT),
    Row("deletes_by_a_null_key", ("primary-key",), CUT_SHORT),
    Row("writes_its_primary_key_as_text", ("primary-key",), CUT_SHORT),
    Row("declares_a_column_twice", ("primary-key",), (*FAILED, *ABOUT_PAGES)),
    Row("changes_its_primary_key", ("primary-key-stable",)),
    Row("forgets_its_primary_key", ("primary-key-stable", "keyless-tables")),
    Row("repeats_its_keys", ("primary-key-unique",)),
    Row("deletes_what_it_inserts", ("primary-key-unique",)),
    Row("soft_deletes_a_misspelt_table", ("soft-delete-tables",)),
    Row("writes_soft_delete_as_text", ("soft-delete-tables",), CUT_SHORT),
    Row("sends_big_integers", ("big-integers",)),
    Row("sends_big_integers_inside_json", ("big-integers",)),
    Row("changes_a_columns_type", ("one-type",)),
    Row("sends_a_flag_for_a_number", ("one-type",)),
    Row("has_twin_columns", ("names-survive",)),
    Row("has_twin_tables", ("names-survive",)),
    Row("has_a_column_of_fivetrans", ("names-survive",)),
    Row("has_a_column_without_a_name", ("names-survive",)),
    Row("sends_naive_times", ("naive-timestamps",)),
    Row("has_a_table_without_a_key", ("keyless-tables",)),
    Row("calls_a_column_order", ("reserved-words",)),
    Row("calls_a_table_user", ("reserved-words",)),
    # Page after page.
    Row("always_fails", ("sync-succeeds",), (*FAILED, *ABOUT_PAGES, *ABOUT_ANSWERS, *ABOUT_REQUESTS)),
    Row("fails_on_its_last_page", ("sync-succeeds",), FAILED),
    Row("fails_at_its_second_sync", ("sync-succeeds",), ("second-sync",)),
    Row("never_moves_its_state", ("ends",), ENDLESS),
    Row("goes_round", ("ends",), ENDLESS),
    Row("never_finishes", ("ends",), ENDLESS),
    Row("reads_in_a_circle", ("ends",), ENDLESS),
    Row("has_no_end", (), CUT_SHORT),  # a large source looks the same
    Row("stamps_rows_with_the_time", ("same-answer",)),
    Row("stamps_its_state_with_the_time", ("same-answer", "future-state")),
    Row("says_less_when_asked_again", ("same-answer",)),
    Row("ends_when_asked_again", ("same-answer",)),
    Row("fails_when_asked_again", ("same-answer",)),
    Row("makes_up_its_keys", ("same-answer", "page-twice", "resumes", "separate-syncs"), how=APART),
    Row("keeps_a_name_in_the_process", ("resumes",), how=APART),
    Row("needs_its_first_page", ("resumes",), how=APART),
    Row("reads_everything_again", ("second-sync",)),
    Row("stamps_and_reads_everything_again", ("second-sync", "same-answer")),
    Row("moves_state_backwards", ("future-state",)),
    Row("crashes_on_a_future_state", ("future-state",)),
    Row("refuses_a_newer_state", ("newer-state",)),
    Row("shares_its_first_key", ("separate-syncs",), how=APART),
    Row("keeps_a_client_between_pages", ("separate-syncs",), how=APART),
    Row("fails_beside_another_connection", ("separate-syncs",), how=APART),
    Row("answers_a_wrong_key_with_nothing", ("bad-credentials",)),
    Row("dies_of_a_wrong_key", ("bad-credentials",)),
    Row("looks_at_the_key_on_its_first_page", ("bad-credentials",)),
    Row("answers_for_a_dead_source", ("source-down",)),
    # Limits and secrets.
    Row("sends_eleven_megabytes", ("answer-size", "sync-succeeds"), FAILED),
    Row("sends_nine_megabytes", ("answer-size-near",)),
    Row("takes_its_time", ("call-time", "sync-succeeds"), (*FAILED, *ABOUT_REQUESTS, *REPEATED, *SINGLE_PAGE),
        {"limits": Limits(call_timeout_seconds=0.5)}),
    Row("starts_slowly", ("cold-start",), how={"time_its_start": True}),
    Row("holds_too_much", ("memory",), how={"memory_limit_mib": 256}),
    Row("puts_the_key_in_state", ("secrets-in-answers",)),
    Row("puts_the_key_in_a_row", ("secrets-in-answers",)),
    Row("puts_its_header_in_a_row", ("secrets-in-answers",)),
    Row("puts_json_in_its_state", ("secrets-in-answers",)),
    Row("tells_a_wrong_key", ("secrets-in-answers",)),
    Row("tells_a_wrong_key_in_its_trace", ("secrets-in-answers",)),
    Row("puts_its_key_in_a_header", ("secrets-in-answers",)),
    Row("logs_its_key", ("secrets-in-logs",)),
    Row("logs_a_wrong_key", ("secrets-in-logs",)),
)  # fmt: skip


def everyday() -> set[str]:
    """Return the functions that are played every day: the good ones, and for each rule the first that it catches."""
    names, caught = {row.function for row in GOOD}, set()
    for row in BAD:
        if not caught.issuperset(row.breaks) or not row.breaks:
            names.add(row.function)
            caught.update(row.breaks)
    return names - {"starts_slowly"}
