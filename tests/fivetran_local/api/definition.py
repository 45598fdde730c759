"""Fivetran's definition of its API, with its known defects repaired and what it leaves open said.

A definition that is wrong would fail an API that is right, and one that leaves open what a value may be would have
everything tried with values that Fivetran refuses as well. Each change is in a table here with its reason; a change
that no longer applies to the file fails, so that none outlives its defect.
"""

from typing import Any, NamedTuple

from fivetran_local.account.settings import SYNC_FREQUENCIES

SCHEMAS = "components/schemas"
PATTERN_OF_ADDRESSES = "^https?://[a-z]{1,9}\\.invalid/[a-z]{0,9}$"


class Change(NamedTuple):
    """One change of a place in the definition."""

    place: str
    """Keys with slashes between; `~` stands for a slash in a key."""
    keywords: dict[str, Any]
    """JSON Schema keywords that are added to what is there; None takes one out."""
    reason: str


NULL = {"nullable": True}

DEFECTS = [
    *(
        Change(f"{SCHEMAS}/{name}/properties/sync_frequency", {"enum": list(SYNC_FREQUENCIES)},
               "an integer whose values are listed as text")
        for name in ("ConnectorResponseV1", "NewConnectorRequestV1", "UpdateConnectorRequest")
    ),
    *(
        Change(f"{SCHEMAS}/{name}/properties/{field}", NULL, "its own words say that it may be null")
        for name in ("ConnectorResponse", "ConnectorResponseV1")
        for field in ("succeeded_at", "failed_at", "daily_sync_time")
    ),
    Change(f"{SCHEMAS}/ConnectorStatusResponse/properties/rescheduled_for", NULL, "its words say so"),
    Change(f"{SCHEMAS}/UserResponse/properties/logged_in_at", NULL, "who never came has none"),
    *(
        Change(f"{SCHEMAS}/{name}/properties/setup_status", {"enum": ["incomplete", "connected", "broken"]},
               "upper case in the list of values, lower case in its own examples and on the service")
        for name in ("DestinationResponse", "DestinationExtendedResponse")
    ),
    Change(f"{SCHEMAS}/ConnectorResponse/properties/config/additionalProperties", {"type": None},
           "a list shows the same configurations as one connection, whose fields are mostly texts"),
    Change(f"{SCHEMAS}/NewGroupRequest", {"required": ["name"]}, "a group without a name cannot be made"),
    Change(f"{SCHEMAS}/UpdateFunctionOrConnectorSdkState", {"required": ["state"]}, "it is what changes"),
]  # fmt: skip

OURS = [
    Change(
        f"{SCHEMAS}/DestinationExtendedResponse/discriminator/mapping",
        {"duckdb": f"#/{SCHEMAS}/motherduck_DestinationExtendedResponse"},
        "the destination that is there from the start says what it is; Fivetran has no such service",
    ),
]


def left_open(at_hand: dict[str, str], address: str) -> list[Change]:
    """Return what the definition does not say of a request, or says in words only.

    Args:
        at_hand: ids that there are.
        address: something that answers every POST with 200.
    """
    name = {"pattern": "^[a-z]{1,30}$"}
    own = only(at_hand["schema"], "SchemaUpdateRequest")
    nothing = {"maxLength": 0}
    pairs = {"maxItems": 1}
    pair = {"required": ["key", "value"], "additionalProperties": False}
    config = f"{SCHEMAS}/google_cloud_function_config_V1/properties/config"
    made = f"{SCHEMAS}/NewConnectorRequestV1/properties"
    changed = f"{SCHEMAS}/UpdateConnectorRequest/properties"
    return [
        Change("paths/~v1~connections/post/requestBody/content/application~json/schema",
               {"$ref": f"#/{SCHEMAS}/google_cloud_function_NewConnectorRequestV1"}, "the service that runs"),
        Change(f"{made}/group_id", {"enum": [at_hand["groupId"]]}, "there has to be such a group"),
        Change(f"{made}/service", {"enum": ["google_cloud_function"]}, "the one that runs"),
        Change(f"{SCHEMAS}/NewConnectorRequestV1", {"required": ["group_id", "service", "config", "paused"]},
               "schema is in the configuration"),
        Change(f"{made}/destination_schema_names", {"enum": ["FIVETRAN_NAMING"]}, "the one way of naming here"),
        Change(f"{SCHEMAS}/ConnectCardConfig/properties/redirect_uri", {"pattern": PATTERN_OF_ADDRESSES}, "an address"),
        Change(f"{config}/properties", {"schema": {"type": "string", "pattern": "^[a-z]{5,30}$"}}, "legal characters"),
        Change(config, {"additionalProperties": False}, "unknown fields are refused"),
        Change(f"{config}/properties/function_trigger", {"enum": [address]}, "an address"),
        Change(f"{config}/properties/secrets", {"maxLength": 0}, "a JSON object as text, and not beside secrets_list"),
        *(
            change
            for kind, keys in (("secrets_list", 1), ("custom_payloads", 1))
            for change in (
                Change(f"{config}/properties/{kind}", pairs, "no key is there twice"),
                Change(f"{config}/properties/{kind}/items", pair, "both are needed"),
                Change(f"{config}/properties/{kind}/items/properties/key", {"minLength": keys}, "a key has a name"),
            )
        ),
        *(
            change
            for place in (made, changed)
            for change in (
                Change(f"{place}/paused", {"enum": [True]}, "no syncs here: they have tests of their own"),
                Change(f"{place}/data_delay_threshold", {"minimum": 0}, "minutes"),
                Change(place, {"daily_sync_time": None}, "it goes with one frequency"),
                *(
                    Change(f"{place}/{field}", nothing, "there are none on this machine")
                    for field in ("hybrid_deployment_agent_id", "private_link_id", "proxy_agent_id",
                                  "external_secrets_manager_id")
                ),
            )
        ),
        Change(f"{SCHEMAS}/UpdateConnectorRequest", {"required": ["pause_after_trial"]}, "something that lasts"),
        Change(f"{changed}/schema_status", {"enum": ["ready"]}, "what it is"),
        Change(f"{changed}/config", {"$ref": f"#/{config}", "allOf": None}, "as when it is made"),
        Change(f"{SCHEMAS}/ResyncConnectorRequest/properties", {"scope": None}, "functions are re-synced as a whole"),
        Change(f"{SCHEMAS}/NewGroupRequest/properties/name", name, "a name that can be read"),
        Change(f"{SCHEMAS}/UpdateGroupRequest", {"required": ["name"]}, "the only thing to change"),
        Change(f"{SCHEMAS}/UpdateGroupRequest/properties/name", name, "a name that can be read"),
        Change(f"{SCHEMAS}/NewDestinationRequest/properties/group_id", {"enum": [at_hand["empty group"]]}, "as above"),
        Change(f"{SCHEMAS}/NewDestinationRequest/properties/service", {"enum": ["snowflake"]}, "a service"),
        Change(f"{SCHEMAS}/NewUserRequest/properties/email", {"pattern": "^[a-z]{1,20}@[a-z]{1,9}$"}, "an address"),
        *(
            Change(f"{SCHEMAS}/{body}/properties/{field}", {"minLength": 1, "maxLength": 200}, "a name")
            for body in ("NewUserRequest", "UpdateUserRequest")
            for field in ("given_name", "family_name", "role")
        ),
        Change(f"{SCHEMAS}/UpdateUserRequest", {"required": ["role"]}, "something to change"),
        *(
            change
            for body in ("WebhookRequest", "WebhookRequest_create_group_webhook", "WebhookRequest_modify_webhook")
            for change in (
                Change(f"{SCHEMAS}/{body}/properties/url", {"enum": [address]}, "an address that answers"),
                Change(f"{SCHEMAS}/{body}/properties/events", {"minItems": 1}, "something to be told of"),
                Change(f"{SCHEMAS}/{body}/properties/events/items", {"enum": ["sync_end"]}, "a known event"),
                Change(f"{SCHEMAS}/{body}/properties/secret", {"maxLength": 200}, "a secret"),
            )
        ),
        Change(f"{SCHEMAS}/WebhookRequest_modify_webhook", {"required": ["events"]}, "something to change"),
        Change(f"{SCHEMAS}/WebhookTestRequest/properties/event", {"enum": ["sync_start", "sync_end"]}, "known events"),
        Change(f"{SCHEMAS}/StandardConfigCreateRequest/properties/schemas", own, "the connection's one schema"),
        Change(f"{SCHEMAS}/StandardConfigUpdateRequest/properties/schemas", own, "the connection's one schema"),
        Change(f"{SCHEMAS}/SchemaUpdateRequest/properties/tables", only("numbers", "TableUpdateRequest"), "a table"),
        Change(f"{SCHEMAS}/TableUpdateRequest/properties/columns", only("name", "ColumnUpdateRequest"), "a column"),
        Change(f"{SCHEMAS}/ColumnUpdateRequest/properties", {"is_primary_key": None}, "the function declares keys"),
        Change(f"{SCHEMAS}/StandardConfigUpdateRequest", {"required": ["schema_change_handling"]}, "a change"),
        Change(f"{SCHEMAS}/StandardConfigUpdateRequest/properties/is_type_locked", {"enum": [False]}, "not here"),
        Change(f"{SCHEMAS}/TableUpdateRequest/properties/sync_mode", {"enum": ["SOFT_DELETE", "LIVE"]}, "no history"),
        Change(f"{SCHEMAS}/ReloadStandardConfigRequest/properties/exclude_mode",
               {"enum": ["PRESERVE", "EXCLUDE", "INCLUDE"]}, "its words name them"),
    ]  # fmt: skip


def only(name: str, schema: str) -> dict[str, Any]:
    """Return the keywords of an object that has one key at most."""
    return {"properties": {name: {"$ref": f"#/{SCHEMAS}/{schema}"}}, "additionalProperties": False}


def changed(definition: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """Change a definition in place.

    Raises:
        LookupError: a place is not there, or is that way already.
    """
    for change in changes:
        place = definition
        for key in change.place.split("/"):
            if key.replace("~", "/") not in place:
                message = f"{change.place} is not in the file any more: take the change out"
                raise LookupError(message)
            place = place[key.replace("~", "/")]
        before = dict(place)
        place.update({key: value for key, value in change.keywords.items() if value is not None})
        for key in [key for key, value in change.keywords.items() if value is None]:
            place.pop(key, None)
        if "$ref" in change.keywords:
            for key in place.keys() - {"$ref"}:
                del place[key]
        if place == before:
            message = f"{change.place} is right in the file by now: take the change out"
            raise LookupError(message)
    return definition


def with_exact_operations(definition: dict[str, Any]) -> dict[str, Any]:
    """Change all operations in place.

    Cursors, which are opaque, and Accept, which has a test of its own, are taken out. It is said what a limit may be,
    and that a body may be absent from few operations only.
    """
    for path, operations in definition["paths"].items():
        for operation in operations.values():
            if "requestBody" in operation and not path.endswith(("/sync", "/resync", "/reload")):
                operation["requestBody"]["required"] = True
            kept = [one for one in operation.get("parameters", ()) if one["name"] not in ("cursor", "Accept")]
            for parameter in kept:
                if parameter["name"] == "limit":
                    parameter["schema"].update(minimum=1, maximum=1000)
            operation["parameters"] = kept
    return definition
