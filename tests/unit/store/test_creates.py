"""The same row's create has the same id however often a store is asked, until its record was made."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine, insert

from centri.store import creates, deliveries
from centri.store.database import write
from centri.store.deliveries import Queued
from centri.store.journal_tables import sync_link
from centri.sync.link import Role

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTE = Queued("x", "sugarcrm", "Notes", "note", "n1", Role.MIRROR, None, {"name": "Call"}, {"subject": "Call"})


def test_a_row_gets_the_id_again_until_it_has_a_record(store_engine: Engine):
    with write(store_engine) as conn:
        (first,) = creates.named(conn, [NOTE])
        deliveries.queue(conn, [first], run_id="r", now=NOW)
        (again, other) = creates.named(conn, [replace(NOTE, id="y"), replace(NOTE, prm_id="n2")])
        assert again.id == first.id != other.id
        deliveries.mark(conn, [first.id], "done", now=NOW)
        link = {"object": "Notes", "crm_id": first.id, "entity": "note", "prm_id": "n1", "role": "mirror", "state": "unlinked"}
        conn.execute(insert(sync_link).values(connection="sugarcrm", **link))
        (anew,) = creates.named(conn, [NOTE])
        assert anew.id != first.id
        deliveries.queue(conn, [anew], run_id="r", now=NOW)


def test_what_was_refused_is_sent_as_another(store_engine: Engine):
    with write(store_engine) as conn:
        (first,) = creates.named(conn, [NOTE])
        deliveries.queue(conn, [first], run_id="r", now=NOW)
        deliveries.mark(conn, [first.id], "rejected", now=NOW)
        (anew,) = creates.named(conn, [NOTE])
        assert anew.id != first.id


def test_updates_keep_their_own_id(store_engine: Engine):
    update = replace(NOTE, crm_id="c1")
    with write(store_engine) as conn:
        assert creates.named(conn, [update]) == [update]


def test_only_creates_that_are_not_sent_are_in_doubt_and_once(store_engine: Engine):
    with write(store_engine) as conn:
        made, waiting = creates.named(conn, [NOTE, replace(NOTE, prm_id="n2")])
        deliveries.queue(conn, [made, waiting, replace(NOTE, id="u", prm_id="n3", crm_id="c3")], run_id="r", now=NOW)
        deliveries.mark(conn, [made.id], "done", now=NOW)
        assert creates.doubt(conn, "sugarcrm", now=NOW) == 1
        assert creates.doubt(conn, "sugarcrm", now=NOW) == 0
        assert [d.attempts for d in deliveries.load(conn, [waiting.id, "u"])] == [1, 0]
