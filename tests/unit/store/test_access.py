"""Who may see a record: what stands, what was taken away, and what a query finds for each of a partner's people."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from centri.store import access
from centri.store.access import Grant
from centri.store.database import read, write
from centri.store.partner_tables import record_access
from centri.store.prm_tables import lead

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = {
    "clara": {"id": "u-clara", "partner_account_id": "alpine", "role": "cpa"},
    "rita": {"id": "u-rita", "partner_account_id": "alpine", "role": "rep"},
    "vera": {"id": "u-vera", "partner_account_id": "alpine", "role": "viewer"},
    "bernd": {"id": "u-bernd", "partner_account_id": "bavaria", "role": "cpa"},
}


@pytest.fixture
def store(store_engine):
    with write(store_engine) as conn:
        conn.execute(insert(lead), [{"id": id, "last_name": id} for id in ("one", "two")])
    return store_engine


def give(store, *grants):
    with write(store) as conn:
        access.grant(conn, [Grant("lead", *given) for given in grants], now=NOW, by="test")


def seen(store, name, **levels):
    with read(store) as conn:
        query = select(lead.c.id).where(access.visible("lead", PEOPLE.get(name), **levels)).order_by(lead.c.id)
        return list(conn.execute(query).scalars())


def test_a_partners_grant_is_its_administrators_and_viewers(store):
    give(store, ("one", "partner_account", "alpine", "write", "owner"))
    assert [seen(store, name) for name in ("clara", "rita", "vera", "bernd")] == [["one"], [], ["one"], []]
    assert [seen(store, name, least="write") for name in ("clara", "vera")] == [["one"], []]
    assert seen(store, None) == ["one", "two"]


def test_a_persons_grant_is_only_that_persons(store):
    give(store, ("one", "partner_user", "u-rita", "write", "owner"))
    assert [seen(store, name) for name in ("clara", "rita", "vera", "bernd")] == [[], ["one"], [], []]


def test_the_same_grant_stands_once_and_takes_the_new_level(store):
    for level in ("offer", "read", "read"):
        give(store, ("one", "partner_user", "u-rita", level, "grant"))
    with read(store) as conn:
        assert access.standing(conn, "lead", "one") == [Grant("lead", "one", "partner_user", "u-rita", "read", "grant")]


def test_what_was_taken_away_stays_written_down_and_can_be_given_again(store):
    given = ("one", "partner_user", "u-rita", "write", "owner")
    give(
        store,
        given,
        ("one", "partner_user", "u-rita", "read", "originator"),
        ("one", "partner_account", "bavaria", "offer", "offer"),
    )
    with write(store) as conn:
        ended = access.revoke(conn, ("lead", "one"), now=NOW, by="test", principal=("partner_user", "u-rita"), reasons=("owner",))
    assert (ended, seen(store, "rita"), seen(store, "rita", least="write")) == (1, ["one"], [])
    give(store, given)
    assert seen(store, "rita", least="write") == ["one"]
    with read(store) as conn:
        rows = conn.execute(select(record_access).where(record_access.c.reason == "owner")).mappings().all()
    assert sorted(row["revoked_at"] is None for row in rows) == [False, True]


def test_everybody_elses_access_ends_at_once(store):
    give(store, *(("one", "partner_account", id, "offer", "offer") for id in ("alpine", "bavaria")))
    with write(store) as conn:
        access.revoke(conn, ("lead", "one"), now=NOW, by="test", reasons=("offer",), apart_from=["bavaria"])
    assert [seen(store, name) for name in ("clara", "bernd")] == [[], ["one"]]


def test_of_several_grants_the_most_counts(store):
    give(store, ("one", "partner_user", "u-rita", "write", "owner"), ("one", "partner_user", "u-rita", "read", "originator"))
    give(store, ("two", "partner_user", "u-rita", "read", "originator"), ("one", "partner_account", "alpine", "write", "cpa"))
    with read(store) as conn:
        assert access.held(conn, PEOPLE["rita"], "lead") == {"one": "write", "two": "read"}
        levels = [access.level(conn, PEOPLE[name], "lead", "one") for name in ("rita", "clara", "vera", "bernd")]
    assert levels == ["write", "write", "read", None]
