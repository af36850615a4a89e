"""Many rows in few statements; a row that moved is left alone."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, event, select
from sqlalchemy.exc import IntegrityError

from centri.store.database import write
from centri.store.journal_tables import OPEN, UNSETTLED, sync_anomaly, sync_cursor, sync_spoke, sync_staging
from centri.store.prm_tables import account
from centri.store.upsert import upsert


@pytest.fixture
def conn(store_engine: Engine) -> Iterator[Connection]:
    with write(store_engine) as connection:
        yield connection


def rows(conn: Connection, table: Table, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(select(*(table.c[name] for name in names)).order_by(table.c[names[0]]))]


def accounts(*pairs: tuple[str, str], **more: Any) -> list[dict[str, Any]]:
    return [{"id": key, "name": name, **more} for key, name in pairs]


def test_new_rows_are_inserted_and_present_ones_overwritten(conn: Connection):
    assert upsert(conn, account, accounts(("a", "Acme"), ("b", "Big")), ["id"]) == {"a", "b"}
    assert upsert(conn, account, accounts(("b", "Bigger"), ("c", "Cee")), ["id"]) == {"b", "c"}
    assert rows(conn, account, "id", "name") == [("a", "Acme"), ("b", "Bigger"), ("c", "Cee")]


def test_no_rows_are_no_work(conn: Connection):
    assert upsert(conn, account, [], ["id"]) == set()


def test_a_longer_key_answers_tuples(conn: Connection):
    row = {"connection": "sf", "entity": "lead", "creates": True}
    assert upsert(conn, sync_spoke, [row], ["connection", "entity"]) == {("sf", "lead")}
    assert upsert(conn, sync_spoke, [row | {"creates": False}], ["connection", "entity"]) == {("sf", "lead")}
    assert rows(conn, sync_spoke, "entity", "creates") == [("lead", False)]


def test_a_column_that_is_not_given_is_not_touched(conn: Connection):
    upsert(conn, account, accounts(("a", "Acme"), ("b", "Big"), city="Bonn"), ["id"])
    upsert(conn, account, [{"id": "a", "name": "Acme 2"}, {"id": "b", "name": "Big", "city": "Ulm"}], ["id"])
    assert rows(conn, account, "id", "name", "city") == [("a", "Acme 2", "Bonn"), ("b", "Big", "Ulm")]


def test_only_the_columns_asked_for_are_overwritten(conn: Connection):
    upsert(conn, account, accounts(("a", "Acme"), city="Bonn"), ["id"])
    upsert(conn, account, accounts(("a", "Acme 2"), ("b", "Big"), city="Ulm"), ["id"], update=["city"])
    assert rows(conn, account, "id", "name", "city") == [("a", "Acme", "Ulm"), ("b", "Big", "Ulm")]


def test_a_column_asked_for_and_not_given_is_not_touched(conn: Connection):
    upsert(conn, account, accounts(("a", "Acme"), city="Bonn"), ["id"])
    upsert(conn, account, accounts(("a", "Acme 2")), ["id"], update=["name", "city"])
    assert rows(conn, account, "id", "name", "city") == [("a", "Acme 2", "Bonn")]


def test_with_nothing_to_overwrite_only_new_rows_are_written(conn: Connection):
    upsert(conn, account, accounts(("a", "Acme")), ["id"])
    assert upsert(conn, account, accounts(("a", "Other"), ("b", "Big")), ["id"], update=[]) == {"b"}
    assert rows(conn, account, "id", "name", "revision") == [("a", "Acme", 1), ("b", "Big", 1)]


@pytest.mark.parametrize(("given", "written"), [(2, {"a"}), (1, set()), (3, set())])
def test_a_row_that_moved_is_left_alone(conn: Connection, given: int, written: set[str]):
    upsert(conn, account, accounts(("a", "Acme")), ["id"])
    assert upsert(conn, account, accounts(("a", "New"), revision=given), ["id"], guard="revision") == written
    assert rows(conn, account, "name", "revision") == [("New", 2) if written else ("Acme", 1)]


def test_a_guard_lets_new_rows_in(conn: Connection):
    assert upsert(conn, account, accounts(("a", "Acme"), revision=1), ["id"], guard="revision") == {"a"}


def test_of_rows_with_one_key_the_last_counts(conn: Connection):
    assert upsert(conn, account, accounts(("a", "First"), ("b", "Big"), ("a", "Last")), ["id"]) == {"a", "b"}
    assert rows(conn, account, "id", "name", "revision") == [("a", "Last", 1), ("b", "Big", 1)]


def staged(crm_id: str, **more: Any) -> dict[str, Any]:
    return {"connection": "sf", "object": "Lead", "entity": "lead", "crm_id": crm_id, "values": {}, **more}


def test_the_key_of_a_partial_index(conn: Connection):
    key = ["connection", "entity", "crm_id"]
    upsert(conn, sync_staging, [staged("1", state="done", version="a"), staged("2", version="a")], key, where=UNSETTLED)
    assert upsert(conn, sync_staging, [staged("1", version="b"), staged("2", version="b")], key, where=UNSETTLED) == {
        ("sf", "lead", "1"),
        ("sf", "lead", "2"),
    }
    assert rows(conn, sync_staging, "id", "crm_id", "version", "state") == [
        (1, "1", "a", "done"),
        (2, "2", "b", "open"),
        (3, "1", "b", "open"),
    ]


def test_repeats_count_up(conn: Connection):
    for note in ("first", "second", "third"):
        row = {"subject": "s", "kind": "validation", "severity": "error", "note": note}
        count = {"occurrences": sync_anomaly.c.occurrences + 1}
        upsert(conn, sync_anomaly, [row], ["subject"], update=["note"], also=count, where=OPEN)
    assert rows(conn, sync_anomaly, "subject", "note", "occurrences") == [("s", "third", 3)]


def test_more_rows_than_a_statement_takes_go_in_few(conn: Connection):
    sent = []
    event.listen(conn, "before_cursor_execute", lambda *args: sent.append(args[2]))
    many = accounts(
        *((f"{n:05}", f"Firm {n}") for n in range(7000)), city="Bonn", domain="x", website="y", origin="sf", revision=1
    )
    many = [row | {"industry_raw": "IT", "segment_code": "smb", "country_code": "DE"} for row in many]
    assert len(upsert(conn, account, many, ["id"])) == 7000
    assert len(rows(conn, account, "id")) == 7000
    assert len(sent) <= 10


def test_another_constraint_is_not_taken_for_the_key(conn: Connection):
    row = {"connection": "sf", "object": "Lead", "stamp": None, "crm_id": "1"}
    with pytest.raises(IntegrityError):
        upsert(conn, sync_cursor, [row], ["connection", "object"])
    conn.rollback()
