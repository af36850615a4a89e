"""Columns hold what they are given, and a person needs to give only what matters."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from centri.records import same
from centri.store.database import open_engine, read, write
from centri.store.journal_tables import sync_schema
from centri.store.prm_tables import account, lead, opportunity

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_times_come_back_in_utc(store_engine: Engine):
    with write(store_engine) as connection:
        local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
        connection.execute(insert(lead).values(company="Acme", received_at=local))
    with read(store_engine) as connection:
        found = connection.execute(select(lead.c.received_at)).scalar_one()
    assert (found, found.tzinfo) == (NOON, UTC)


def test_a_time_without_a_zone_is_refused(store_engine: Engine):
    with pytest.raises(StatementError, match="time zone"), write(store_engine) as connection:
        connection.execute(insert(lead).values(company="Acme", received_at=NOON.replace(tzinfo=None)))


def test_times_that_the_database_sets_sort_among_ours(store_engine: Engine):
    before, after = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1)
    with write(store_engine) as connection:
        connection.execute(text("INSERT INTO lead (company) VALUES ('Acme')"))
        between = select(lead.c.received_at).where(lead.c.received_at.between(before, after))
        assert connection.execute(between).scalar_one().tzinfo is UTC


def test_sqlite_holds_times_in_one_form(fresh_sqlite: Callable[[], str]):
    engine = open_engine(fresh_sqlite())
    with write(engine) as connection:
        connection.execute(insert(lead).values(company="Acme", updated_at=NOON.replace(microsecond=0)))
        texts = connection.execute(text("SELECT created_at, updated_at FROM lead")).one()
    engine.dispose()
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", found) for found in texts)


@pytest.mark.parametrize("written", ["2026-03-01 12:00:00", "2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00"])
def test_times_that_a_person_wrote_are_understood(store_engine: Engine, written: str):
    zone = "" if store_engine.dialect.name == "sqlite" else " AT TIME ZONE 'UTC'" if len(written) == 19 else ""
    with write(store_engine) as connection:
        value = f"TIMESTAMP '{written}'{zone}" if zone else f"'{written}'"
        connection.execute(text(f"INSERT INTO lead (company, received_at) VALUES ('Acme', {value})".replace(":", r"\:")))
        assert connection.execute(select(lead.c.received_at)).scalar_one() == NOON.replace(microsecond=0)


@pytest.mark.parametrize("amount", ["0.10", "1234567890123456.78", "-5.00", "3"])
def test_money_is_exact(store_engine: Engine, amount: str):
    with write(store_engine) as connection:
        connection.execute(insert(account).values(name="Acme", annual_revenue=Decimal(amount)))
        found = connection.execute(select(account.c.annual_revenue)).scalar_one()
    assert str(found) == str(Decimal(amount).quantize(Decimal("0.01")))


def test_money_that_a_person_wrote_has_two_decimals(store_engine: Engine):
    with write(store_engine) as connection:
        connection.execute(text("INSERT INTO account (name, annual_revenue) VALUES ('Acme', 1000.5)"))
        assert str(connection.execute(select(account.c.annual_revenue)).scalar_one()) == "1000.50"


@pytest.mark.parametrize("value", [0, False, "", [], {}, 1.0, 1, 0.1, 2**60, "Ünï 🙂", {"a": [None, True, {"b": "1"}]}], ids=repr)
def test_json_comes_back_the_same_and_of_one_kind(store_engine: Engine, value: object):
    with write(store_engine) as connection:
        connection.execute(insert(sync_schema).values(connection="c", object="o", description={"": value}))
    with read(store_engine) as connection:
        assert same(connection.execute(select(sync_schema.c.description)).scalar_one()[""], value)


def test_a_plain_lead_needs_one_column(store_engine: Engine):
    with write(store_engine) as connection:
        connection.execute(text("INSERT INTO lead (company) VALUES ('Acme')"))
        row = connection.execute(select(lead)).mappings().one()
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", row["id"])
    defaults = {
        "state": "new",
        "source_kind": "vendor",
        "match_class": "none",
        "origin": "prm",
        "revision": 1,
        "match_locked": False,
    }
    assert {name: row[name] for name in defaults} == defaults
    assert row["received_at"] == row["created_at"] == row["updated_at"]


def test_a_plain_opportunity_needs_a_name_and_an_account(store_engine: Engine):
    with write(store_engine) as connection:
        connection.execute(text("INSERT INTO account (id, name) VALUES ('a', 'Acme')"))
        connection.execute(text("INSERT INTO opportunity (name, account_id, close_date) VALUES ('Deal', 'a', '2026-12-31')"))
        row = connection.execute(select(opportunity)).mappings().one()
    defaults = {
        "motion": "indirect",
        "sourced_by": "partner",
        "partner_stage": "open",
        "stage_category": "open",
        "approval_state": "not_submitted",
        "close_date": date(2026, 12, 31),
        "amount": None,
    }
    assert {name: row[name] for name in defaults} == defaults


def test_ids_are_not_given_twice(store_engine: Engine):
    with write(store_engine) as connection:
        for _ in range(50):
            connection.execute(text("INSERT INTO lead (company) VALUES ('Acme')"))
        assert len(set(connection.execute(select(lead.c.id)).scalars())) == 50


REFUSED = {
    "a lead without identity": "INSERT INTO lead (first_name) VALUES ('Ann')",
    "an unknown state": "INSERT INTO lead (company, state) VALUES ('Acme', 'nwe')",
    "merged into nothing": "INSERT INTO lead (company, state) VALUES ('Acme', 'merged')",
    "a master without merge": "INSERT INTO lead (id, company, master_lead_id) VALUES ('m', 'Acme', 'm')",
    "converted at no time": "INSERT INTO lead (company, state) VALUES ('Acme', 'converted')",
    "sourced by no partner": "INSERT INTO lead (company, source_kind) VALUES ('Acme', 'partner')",
    "an unknown account": "INSERT INTO opportunity (name, account_id) VALUES ('Deal', 'nobody')",
    "a negative amount": "INSERT INTO opportunity (name, account_id, amount) VALUES ('Deal', 'a', -0.01)",
    "over-probable": "INSERT INTO opportunity (name, account_id, probability) VALUES ('Deal', 'a', 101)",
    "registered for ever": "INSERT INTO opportunity (name, account_id, registered_partner_id) VALUES ('Deal', 'a', 'p')",
    "two users of one address": "INSERT INTO vendor_user (email) VALUES ('Ann@Acme.example'), ('ann@acme.example')",
    "negative weight": "INSERT INTO partner_account (name, routing_weight) VALUES ('Bob', -1)",
}


@pytest.mark.parametrize("statement", REFUSED.values(), ids=REFUSED)
def test_the_database_refuses(store_engine: Engine, statement: str):
    with write(store_engine) as connection:
        connection.execute(text("INSERT INTO account (id, name) VALUES ('a', 'Acme')"))
        connection.execute(text("INSERT INTO partner_account (id, name) VALUES ('p', 'Bob')"))
    with pytest.raises(IntegrityError), write(store_engine) as connection:
        connection.execute(text(statement))


def test_references_in_a_circle_may_come_in_any_order(store_engine: Engine):
    with write(store_engine) as connection:
        connection.execute(
            text("INSERT INTO account (id, name, parent_account_id) VALUES ('a', 'Acme', 'b'), ('b', 'Big', NULL)")
        )
        connection.execute(
            insert(lead).values(id="l", company="Acme", state="converted", converted_at=NOON, converted_opportunity_id="o")
        )
        connection.execute(
            text("INSERT INTO opportunity (id, name, account_id, originating_lead_id) VALUES ('o', 'Deal', 'a', 'l')")
        )
    with read(store_engine) as connection:
        assert connection.execute(select(lead.c.converted_opportunity_id)).scalar_one() == "o"


def test_references_in_a_circle_are_checked_at_the_end(store_engine: Engine):
    with pytest.raises(IntegrityError), write(store_engine) as connection:
        connection.execute(text("INSERT INTO lead (company, converted_opportunity_id) VALUES ('Acme', 'nothing')"))
