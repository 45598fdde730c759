"""A double of the SDK, as far as an adapter uses it, and the adapter loaded on it in this process.

It reads values as 1.7.0 does, mistakes included; `test_the_sdk_itself.py` shows that the real one does.
"""

import importlib.util
import json
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace

from fivetran_tools.deployment.connector_sdk.project import ADAPTER


class Value:
    """The SDK's message for one value: a value of one kind; setting another kind replaces it."""

    def __init__(self, kind, value):
        self.__dict__[kind] = value

    def __setattr__(self, kind, value):
        self.__dict__.clear()
        self.__dict__[kind] = value

    def as_json(self):
        [(kind, value)] = self.__dict__.items()
        match kind:
            case "json":
                return json.loads(value)
            case "decimal" | "long":
                return int(value)
            case "float":
                raise AssertionError("a number was shortened")
            case _:
                return value


@dataclass
class SdkDouble:
    """What the adapter sent, in order, and what it logged."""

    version: str = "1.7.0"
    sent: list = field(default_factory=list)
    logged: list = field(default_factory=list)

    def modules(self):
        sdk, helpers = ModuleType("fivetran_connector_sdk"), ModuleType("fivetran_connector_sdk.helpers")
        sdk.__version__ = self.version
        sdk.Connector = SimpleNamespace
        sdk.Operations = self
        sdk.Logging = SimpleNamespace(info=self.logged.append, warning=self.logged.append)
        helpers.get_renamed_column_name = renamed
        return {"fivetran_connector_sdk": sdk, "fivetran_connector_sdk.helpers": helpers}

    def upsert(self, table, data):
        if not self.version.startswith("1."):  # it is sent by now, and nothing is returned
            return self.sent.append(("upsert", table, data))
        values = {renamed(column): inferred(value) for column, value in data.items()}
        return [SimpleNamespace(operation=SimpleNamespace(record=SimpleNamespace(table=table, data=values)))]

    def delete(self, table, keys):
        return ("delete", table, keys)

    def checkpoint(self, state):
        return ("checkpoint", json.loads(json.dumps(state)))


def renamed(column):
    return f"{column.lower()}_"


def inferred(value):
    match value:
        case None:
            return Value("null", None)
        case int():
            return Value("long", int(value)) if abs(value) < 2**63 else Value("float", value)
        case float():
            return Value("float", value)
        case dict():
            return Value("json", json.dumps(value))
        case str():
            return Value("string", value)
    raise ValueError(f"no list: {type(value)}")


def load_adapter(monkeypatch, main, sdk):
    """Load the adapter beside a `main`, as if both stood in one staged folder."""
    beside = {"main": SimpleNamespace(main=main), "connector_build": SimpleNamespace(BUILD="tiny 0.1.0 abc")}
    for name, module in {**sdk.modules(), **beside}.items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(sys, "path", sys.path[:])
    spec = importlib.util.spec_from_file_location("staged_connector", ADAPTER / "connector.py")
    adapter = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(adapter)
    return adapter


def plain(operation):
    """Return an operation as a tuple; of an upsert, its row with the values that Fivetran would see."""
    if operation is None or isinstance(operation, tuple):
        return operation
    [message] = operation
    record = message.operation.record
    return ("upsert", record.table, {name: value.as_json() for name, value in record.data.items()})
