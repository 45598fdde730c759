"""All rules, in the order of the report."""

from typing import Final

from fivetran_local.conformance import rules_of_behaviour as behaviour
from fivetran_local.conformance import rules_of_limits as limits
from fivetran_local.conformance import rules_of_requests as requests
from fivetran_local.conformance import rules_of_second_sync as second_sync
from fivetran_local.conformance import rules_of_secrets as secrets
from fivetran_local.conformance import rules_of_shape as shape
from fivetran_local.conformance.rule import Rule
from fivetran_local.conformance.scenarios import Scenario
from fivetran_protocol import Severity

_OLD_FORM: Final = "read numbers and booleans as well as texts: connections made before August 2023 send JSON"
_ADVICE_STATE: Final = "take a missing state for an empty one"
_WARNING: Final = Severity.WARNING

RULES: Final = (
    # What is sent.
    Rule("missing-state", "a request without state is the first", requests.succeeds(Scenario.NO_STATE, _ADVICE_STATE),
         (Scenario.NO_STATE,)),
    Rule("missing-secrets", "a request without secrets gets a page or an error report", requests.missing_secrets,
         (Scenario.NO_SECRETS,)),
    Rule("missing-sync-id", "a request without sync_id gets a page",
         requests.succeeds(Scenario.NO_SYNC_ID, "do without: older connections send none"), (Scenario.NO_SYNC_ID,)),
    Rule("unknown-keys", "keys that it does not know are ignored",
         requests.succeeds(Scenario.UNKNOWN_KEYS, "ignore them: Fivetran has added keys before"),
         (Scenario.UNKNOWN_KEYS,)),
    Rule("typed-secrets", "secrets as numbers and booleans are read",
         requests.succeeds(Scenario.TYPED_SECRETS, _OLD_FORM), (Scenario.TYPED_SECRETS,)),
    Rule("custom-payload", "a custom payload does no harm",
         requests.succeeds(Scenario.CUSTOM_PAYLOAD, "ignore what it does not use"), (Scenario.CUSTOM_PAYLOAD,)),
    Rule("stray-requests", "GET, and what is not JSON, get a 4xx in JSON", requests.stray_requests,
         (Scenario.GET, Scenario.NOT_JSON), _WARNING),
    Rule("setup-test", "a setup test with good credentials passes",
         requests.succeeds(Scenario.SETUP_TEST, "answer an empty page: nobody can save the connection otherwise"),
         (Scenario.SETUP_TEST,)),
    Rule("setup-test-credentials", "a setup test with bad credentials fails",
         requests.reports_an_error(Scenario.SETUP_TEST_BAD_CREDENTIALS, "every secret is wrong",
                                   "ask the source for as little as proves the key, and report its refusal"),
         (Scenario.SETUP_TEST_BAD_CREDENTIALS,)),
    Rule("setup-test-source", "a setup test fails when the source is down",
         requests.reports_an_error(Scenario.SETUP_TEST_SOURCE_DOWN, "nothing answers at the source's address",
                                   "ask the source in the test, and report that it does not answer"),
         (Scenario.SETUP_TEST_SOURCE_DOWN,)),
    Rule("setup-test-moves-nothing", "a setup test returns no rows and the state as it came",
         requests.setup_test_moves_nothing, (Scenario.SETUP_TEST,)),
    # A page.
    Rule("json-object", "an answer is a JSON object and says so", shape.json_object, (Scenario.SYNC,)),
    Rule("finite-numbers", "no NaN and no infinity", shape.finite_numbers, (Scenario.SYNC,)),
    Rule("state-object", "state is an object that comes back as it was given", shape.state_object, (Scenario.SYNC,)),
    Rule("has-more", "hasMore is true or false", shape.has_more, (Scenario.SYNC,)),
    Rule("field-names", "every field is one that Fivetran reads", shape.field_names, (Scenario.SYNC,)),
    Rule("rows-by-table", "rows are lists of objects, by table", shape.rows_by_table, (Scenario.SYNC,)),
    Rule("delete-has-key", "rows are deleted by a declared key", shape.delete_has_key, (Scenario.SYNC,)),
    Rule("primary-key", "every row has a scalar in each column of its key", shape.primary_key, (Scenario.SYNC,)),
    Rule("primary-key-stable", "a table's key is the same in every page", shape.primary_key_stable, (Scenario.SYNC,)),
    Rule("primary-key-unique", "no key stands twice in a page", shape.primary_key_unique, (Scenario.SYNC,)),
    Rule("soft-delete-tables", "softDelete names tables that are filled", shape.soft_delete_tables, (Scenario.SYNC,)),
    Rule("big-integers", "no integer is beyond 64 bits", shape.big_integers, (Scenario.SYNC,)),
    Rule("one-type", "a column has values of one type", shape.one_type, (Scenario.SYNC,)),
    Rule("names-survive", "names stay apart after Fivetran's renaming", shape.names_survive, (Scenario.SYNC,)),
    Rule("naive-timestamps", "times say their zone", shape.naive_timestamps, (Scenario.SYNC,), _WARNING),
    Rule("keyless-tables", "every table has a primary key", shape.keyless_tables, (Scenario.SYNC,), _WARNING),
    Rule("reserved-words", "no name is a word of SQL", shape.reserved_words, (Scenario.SYNC,), _WARNING),
    # Page after page.
    Rule("sync-succeeds", "ordinary calls succeed", behaviour.sync_succeeds),
    Rule("ends", "a sync comes to its end", behaviour.ends, (Scenario.SYNC,)),
    Rule("same-answer", "the same request gets the same answer", behaviour.same_answer, (Scenario.REPEAT,)),
    Rule("page-twice", "a page that is delivered again adds no row", behaviour.page_twice, (Scenario.REPEAT,)),
    Rule("resumes", "from any state a fresh process comes to the same tables", behaviour.resumes, (Scenario.RESUME,)),
    Rule("second-sync", "the second sync reads only what is new", second_sync.reads_what_is_new,
         (Scenario.SECOND_SYNC,)),
    Rule("future-state", "a state from the future is neither fatal nor moved back", behaviour.future_state,
         (Scenario.FUTURE_STATE,)),
    Rule("newer-state", "a state of a newer version is neither fatal nor moved back", behaviour.newer_state,
         (Scenario.NEWER_STATE,)),
    Rule("separate-syncs", "two connections in one process do not touch each other", behaviour.separate_syncs,
         (Scenario.INTERLEAVED, Scenario.INTERLEAVED_OTHER)),
    Rule("bad-credentials", "bad credentials end in an error report", behaviour.bad_credentials,
         (Scenario.BAD_CREDENTIALS,)),
    Rule("source-down", "a sync fails when the source is down",
         requests.reports_an_error(Scenario.SOURCE_DOWN, "nothing answers at the source's address",
                                   "report it as an error: an empty success hides it for as long as it lasts"),
         (Scenario.SOURCE_DOWN,)),
    # Limits and secrets.
    Rule("answer-size", "no answer is larger than Fivetran takes", limits.answer_size),
    Rule("answer-size-near", "no answer is near that size", limits.answer_size_near, severity=_WARNING),
    Rule("call-time", "every call is answered in time", limits.call_time),
    Rule("cold-start", "a process answers soon after its start", limits.cold_start, severity=_WARNING),
    Rule("memory", "the function fits into its memory", limits.memory, severity=_WARNING),
    Rule("secrets-in-answers", "no secret is in an answer, a state or an error", secrets.not_in_answers),
    Rule("secrets-in-logs", "no secret is in the log", secrets.not_in_logs),
)  # fmt: skip

NAMES: Final = tuple(rule.name for rule in RULES)
