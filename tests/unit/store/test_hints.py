"""Hints to look at a connection: given as often as one likes, taken once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from centri.store import hints
from centri.store.database import read, write

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_a_hint_is_taken_once_however_often_it_was_given(store_engine: Engine) -> None:
    with write(store_engine) as conn:
        for object in ("Lead", "Lead", "Account"):
            hints.give(conn, "salesforce", object, NOW)
        assert hints.take(conn, "salesforce") == {"Lead", "Account"}
        assert hints.take(conn, "salesforce") == set()


def test_a_hint_without_an_object_is_one_for_all(store_engine: Engine) -> None:
    with write(store_engine) as conn:
        hints.give(conn, "salesforce", None, NOW)
    with write(store_engine) as conn:
        assert hints.take(conn, "salesforce") == {None}


def test_those_of_other_connections_stay(store_engine: Engine) -> None:
    with write(store_engine) as conn:
        hints.give(conn, "salesforce", None, NOW)
        hints.give(conn, "sugarcrm", "Leads", NOW)
        hints.give(conn, "sugarcrm", "Accounts", NOW + timedelta(seconds=1))
        hints.take(conn, "salesforce")
    with read(store_engine) as conn:
        assert hints.waiting(conn) == {"sugarcrm": NOW + timedelta(seconds=1)}
