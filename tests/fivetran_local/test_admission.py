import time

import pytest

from fivetran_local.admission import Admission
from fivetran_protocol import FunctionResponse, Severity, Table

USERS = {"users": Table(("id",))}


def page(insert=None, delete=None, schema=USERS):
    return FunctionResponse({}, insert or {}, delete or {}, schema)


def rules(findings):
    return [finding.rule for finding in findings]


def test_a_page_like_the_ones_before_it_is_admitted():
    admission = Admission({"users": ("id",)})
    assert admission.admit(page({"users": [{"id": 1, "name": "x"}]}, {"users": [{"id": 2}]})) == []
    assert admission.admit(page({"users": [{"id": 1, "born": "x"}]})) == []


@pytest.mark.parametrize(
    "schema", [{}, {"users": Table()}, {"users": Table(("id", "name"))}, {"users": Table(("name",))}]
)
def test_the_key_of_rows_in_the_warehouse_may_not_change(schema):
    findings = Admission({"users": ("id",)}).admit(page({"users": [{"id": 1, "name": "x"}]}, schema=schema))
    assert rules(findings) == ["primary-key-changed"]
    assert "./fivetran reset" in str(findings[0])


def test_the_key_of_rows_of_this_sync_may_not_change():
    admission = Admission({})
    assert admission.admit(page({"users": [{"id": 1}]})) == []
    assert rules(admission.admit(page({"users": [{"id": 1}]}, schema={}))) == ["primary-key-changed"]


def test_a_key_in_another_order_is_the_same_key():
    admission = Admission({"t": ("a", "b")})
    assert admission.admit(page({"t": [{"a": 1, "b": 2}]}, schema={"t": Table(("b", "a"))})) == []


def test_a_table_without_rows_may_change_its_key():
    admission = Admission({})
    assert admission.admit(page({"users": []}, schema={})) == []
    assert admission.admit(page({"users": [{"id": 1}]})) == []


def test_a_refused_page_is_not_remembered():
    admission = Admission({})
    assert rules(admission.admit(page({"users": [{"id": 1, "": 2}]}, schema={}))) == ["column-without-a-name"]
    assert admission.admit(page({"users": [{"id": 1}]})) == []
    assert rules(admission.admit(page({"users": [{"id": 1, "": 2}]}))) == ["column-without-a-name"]


@pytest.mark.parametrize(
    "name", ["_fivetran_synced", "_fivetranDeleted", "_fivetran_id", "_FIVETRAN_BATCH", "_fivetran_index"]
)
def test_system_columns_are_refused(name):
    assert rules(Admission({}).admit(page({"users": [{"id": 1, name: 2}]}))) == ["system-column"]


def test_columns_that_become_one_are_refused_and_can_be_let_through():
    first, second = page({"users": [{"id": 1, "userId": 2}]}), page({"users": [{"id": 1, "user_id": 2}]})
    admission = Admission({})
    assert admission.admit(first) == []
    assert rules(admission.admit(second)) == ["column-names-collide"]
    admission = Admission({}, refuse_collisions=False)
    assert admission.admit(first) == admission.admit(second) == []


def test_tables_that_become_one_are_refused():
    schema = {"gradeBook": Table(("id",)), "grade_book": Table(("id",))}
    rows = [{"id": 1}]
    assert rules(Admission({"gradeBook": ("id",)}).admit(page({"grade_book": rows}, schema=schema))) == [
        "table-names-collide"
    ]
    both = page({"gradeBook": rows, "grade_book": rows}, schema=schema)
    assert rules(Admission({}).admit(both)) == ["table-names-collide"]
    assert Admission({}, refuse_collisions=False).admit(both) == []


def test_a_delete_needs_a_key():
    assert rules(Admission({}).admit(page(delete={"users": [{"id": 1}]}, schema={"users": Table()}))) == [
        "delete-without-key"
    ]


def test_a_delete_of_a_row_inserted_by_the_same_page_is_a_warning():
    (finding,) = Admission({}).admit(page({"users": [{"id": 1}, {"id": 2}]}, {"users": [{"id": 2}, {"id": 3}]}))
    assert (finding.rule, finding.severity) == ("insert-and-delete", Severity.WARNING)
    assert finding.seen.startswith("1 of")


def test_no_value_is_in_a_finding():
    secret = "s3cr3t-value"
    admission = Admission({"users": ("name",)})
    findings = admission.admit(page({"users": [{"id": secret, "_fivetran_id": secret}]}, {"users": [{"id": secret}]}))
    assert len(findings) >= 2
    assert secret not in " ".join(map(str, findings))


def test_admission_costs_little():
    """A page of 100 rows takes some 40 µs; ten times that is allowed, for a busy machine."""
    admission = Admission({})
    sent = page({"users": [{"id": at, **{f"column_{n}": n for n in range(22)}} for at in range(100)]})
    admission.admit(sent)
    seconds = []
    for _ in range(50):
        start = time.perf_counter()
        admission.admit(sent)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 400e-6
