"""Whatever arrives, in whatever portions: the warehouse says what a plain model of the semantics says."""

import json
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fivetran_local.naming import column_name
from fivetran_local.records import Counts, Ending, SyncStatus
from fivetran_local.warehouse import Warehouse
from fivetran_protocol import FunctionResponse, Table
from tests.fivetran_local.warehouse_reading import dump, rows, types

KEYS = {"users": ("id",), "gradeBook": ("course", "student"), "events": ()}
NAMES = {"users": "users", "gradeBook": "grade_book", "events": "events"}
SCHEMA = {name: Table(key) for name, key in KEYS.items()}
START = datetime(2026, 1, 1, tzinfo=UTC)

times = st.sampled_from(
    [
        "2024-01-31",
        "2024-02-29T00:00:00",
        "2024-02-29T10:20:30.100",
        "2024-02-29T10:20:30.123456",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59.999999Z",
        "2024-02-29T10:20:30.100Z",
        "2024-02-29T10:20:30+05:30",
    ]
)
texts = st.one_of(
    st.sampled_from(
        ["", "x", "5", "true", "null", "2024-02-30", "2024-01-31 10:00:00", "0:00:00", "2024-01-31T10:20:30.123456789",
         "2024-01-31T24:00:00", "0000-01-01", "0001-01-01T00:00:00+10:00", "2024-01-31\n", "a\x00b", "\U0001f600"]
    ),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=5),
)  # fmt: skip
integers = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, -(2**63), 2**127, 10**40, -(2**127)]),
)
floats = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e16, 1e300, 5e-324, 0.1]),
    st.floats(allow_nan=False, allow_infinity=False),
)
structures = st.one_of(
    st.lists(st.one_of(integers, texts), max_size=2), st.dictionaries(st.text(max_size=2), integers, max_size=2)
)
families = [times, times, st.booleans(), integers, floats, st.one_of(integers, floats), texts, structures]
values = st.one_of(st.none(), *families)
columns = {"plain": values, "camelCase": values, "2nd": values, "né à": values, "when": st.one_of(st.none(), times)}
some_columns = st.fixed_dictionaries({}, optional=columns)
key_values = st.one_of(
    st.integers(0, 2), st.sampled_from(["0", "1", "a", "2024-01-31", "true", 1.0, 1.5, True, 2**53, 2**53 + 1, 2**64])
)


@st.composite
def responses(draw):
    insert, delete = {}, {}
    for table, key in KEYS.items():
        if draw(st.booleans()):
            keyed = st.fixed_dictionaries(dict.fromkeys(key, key_values))
            insert[table] = [{**draw(keyed), **draw(some_columns)} for _ in range(draw(st.integers(0, 4)))]
            if key and draw(st.booleans()):
                delete[table] = draw(st.lists(keyed, max_size=3))
    soft = draw(st.sampled_from([(), (), (), True, ("users",), ("events", "gradeBook")]))
    return FunctionResponse({"page": draw(st.integers())}, insert, delete, SCHEMA, draw(st.booleans()), soft)


endings = st.sampled_from(
    [
        (SyncStatus.SUCCEEDED, False),
        (SyncStatus.SUCCEEDED, True),
        (SyncStatus.FAILED, True),
        (SyncStatus.CANCELED, True),
    ]
)
syncs = st.lists(st.tuples(st.lists(responses(), min_size=1, max_size=4), endings), min_size=1, max_size=3)


@dataclass
class Stored:
    row: dict
    synced: datetime
    deleted: bool = False
    batch: int | None = None
    index: int | None = None


@dataclass
class Model:
    """What the loading rules say, one operation at a time."""

    tables: dict[str, dict[object, Stored]] = field(default_factory=dict)
    soft: set[str] = field(default_factory=set)
    cycle: datetime | None = None
    listed: set[str] = field(default_factory=set)
    counts: Counts = field(default_factory=Counts)
    indexes: dict[str, int] = field(default_factory=dict)

    def sync(self, pages, ending, at, batch):
        self.cycle = self.cycle or at
        self.counts, self.indexes = Counts(), dict.fromkeys(KEYS, 0)
        for page in pages:
            self.listed |= set(page.soft_delete) if isinstance(page.soft_delete, tuple) else set()
            for table, sent in page.insert.items():
                for row in sent:
                    self.upsert(table, row, at, batch)
            for table, sent in page.delete.items():
                softened = page.soft_delete is True or (page.soft_delete and table in page.soft_delete)
                for row in sent:
                    self.delete(table, row, at, softened)
        self.soft |= self.listed & self.tables.keys()
        if ending == (SyncStatus.SUCCEEDED, False):
            self.complete()

    def upsert(self, table, row, at, batch):
        stored, index = self.tables.setdefault(table, {}), self.indexes[table]
        key = identity(table, row) or (batch, index)
        self.counts += Counts(upserts=1, updates=int(key in stored))
        stored[key] = Stored(row, at, batch=batch, index=index)
        self.indexes[table] += 1

    def delete(self, table, row, at, softened):
        if table not in self.tables:
            return
        if softened:
            self.soft.add(table)
        stored = self.tables[table].get(identity(table, row))
        if stored:
            self.counts += Counts(deletes=1)
            stored.deleted, stored.synced = True, at
            if not softened:
                del self.tables[table][identity(table, row)]

    def complete(self):
        for table in self.listed & self.tables.keys():
            self.counts += Counts(truncates=1)
            for stored in self.tables[table].values():
                stored.deleted = stored.deleted or stored.synced < self.cycle
        self.cycle, self.listed = None, set()


def identity(table, row):
    """JSON has one number 5, however written; beside text, 5 is "5"."""
    return tuple(as_text(row[column]) for column in KEYS[table])


def as_text(value):
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        value = int(value)
    return json.dumps(value)


def land(path, all_syncs, group):
    """Land every sync, its pages in the portions that `group` gives. Returns the counts of each sync."""
    warehouse = Warehouse(path)
    counts = []
    for number, (pages, (status, has_more)) in enumerate(all_syncs):
        sync = warehouse.begin("hed", f"sync-{number}", START + timedelta(hours=number))
        portions = group(pages)
        done = 0
        for at, portion in enumerate(portions, 1):
            done += len(portion)
            last = Ending(status, sync.started_at, has_more) if at == len(portions) else None
            warehouse.land(sync, portion, calls=done, ending=last)
        record = warehouse.last_sync("hed")
        assert record is not None
        assert (record.calls, record.status, record.has_more) == (len(pages), status, has_more)
        counts.append(record.counts)
        landed = warehouse.record("hed")
        assert landed is not None
        assert landed.state == pages[-1].state
    return counts


def one_by_one(pages):
    return [[page] for page in pages]


def same(text, kind, sent):
    """Whether a cell holds what was sent, or its text."""
    if sent is None or text is None:
        return sent is None and text is None
    if kind == "BOOLEAN":
        return isinstance(sent, bool) and (text == "true") is sent
    if kind in {"BIGINT", "HUGEINT"}:
        return type(sent) is int and int(text) == sent
    if kind == "DOUBLE":
        return type(sent) in {int, float} and float(text) == sent
    if kind in {"DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}:
        return isinstance(sent, str) and instant(text) == instant(sent)
    if kind == "JSON":
        return isinstance(sent, dict | list) and json.loads(text) == sent
    assert kind == "VARCHAR"
    if isinstance(sent, str):
        return text == sent or ("T" in text and instant(text) == instant(sent))
    return json.loads(text) == sent


def instant(text):
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def holds(path, model):
    for table, stored in model.tables.items():
        name = NAMES[table]
        kinds = types(path, "hed", name)
        found = rows(path, "hed", name)
        assert len(found) == len(stored)
        assert ("_fivetran_deleted" in kinds) == (table in model.soft)
        if KEYS[table]:
            by_key = {tuple(as_text(typed(row[c], kinds[c])) for c in KEYS[table]): row for row in found}
        else:
            by_key = {(int(row["_fivetran_batch"]), int(row["_fivetran_index"])): row for row in found}
        for key, expected in stored.items():
            row = by_key[key]
            names = {column_name(column): value for column, value in expected.row.items()}
            for column in kinds.keys() | names.keys():
                if not column.startswith("_fivetran"):
                    # a column that was only ever null is not there, which reads the same
                    assert same(row.get(column), kinds.get(column), names.get(column)), (column, row, names)
            assert instant(row["_fivetran_synced"]) == expected.synced
            assert row.get("_fivetran_deleted", "false") == json.dumps(expected.deleted)


def typed(text, kind):
    return {"BIGINT": int, "HUGEINT": int, "DOUBLE": float, "BOOLEAN": lambda t: t == "true"}.get(kind, str)(text)


def portions(data, pages):
    """Cut pages anywhere."""
    ends = sorted(data.draw(st.sets(st.integers(1, len(pages))), label="cuts") | {len(pages)})
    return [pages[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def any_portions_give_the_table_of_the_model(all_syncs, data):
    with tempfile.TemporaryDirectory() as folder:
        single, gathered = Path(folder, "single.db"), Path(folder, "gathered.db")
        model, expected = Model(), []
        for number, (pages, ending) in enumerate(all_syncs):
            model.sync(pages, ending, START + timedelta(hours=number), number + 1)
            expected.append(model.counts)
        for path, group in ((single, one_by_one), (gathered, partial(portions, data))):
            counts = land(path, all_syncs, group)
            assert [(c.upserts, c.updates, c.deletes, c.truncates) for c in counts] == [
                (c.upserts, c.updates, c.deletes, c.truncates) for c in expected
            ]
        assert dump(single, "hed") == dump(gathered, "hed")
        holds(gathered, model)


def given_syncs(examples):
    unhurried = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return lambda test: settings(max_examples=examples, deadline=None, suppress_health_check=unhurried)(
        given(syncs, st.data())(test)
    )


@given_syncs(8)
def test_any_portions_give_the_table_of_the_model(all_syncs, data):
    any_portions_give_the_table_of_the_model(all_syncs, data)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@given_syncs(150)
def test_a_great_many_portions_give_the_table_of_the_model(all_syncs, data):
    any_portions_give_the_table_of_the_model(all_syncs, data)
