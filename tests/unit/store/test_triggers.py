"""Every change of a business row is noticed, whoever makes it and however."""

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text

from centri import store
from centri.store.database import write
from centri.store.tables import metadata
from centri.store.triggers import OWNERS, REVISED, SYNCED

SPOKES = """
INSERT INTO sync_spoke (connection, entity, creates) VALUES
  ('makes', 'lead', true), ('links', 'lead', false),
  ('makes', 'opportunity', true), ('makes', 'account', true), ('links', 'account', false)
"""
ROWS = """
INSERT INTO vendor_user (id, email) VALUES ('v', 'dana@vantage.example');
INSERT INTO partner_account (id, name) VALUES ('p', 'Bob & Co'), ('r', 'Rob & Co');
INSERT INTO account (id, name) VALUES ('a', 'Acme'), ('b', 'Borealis');
INSERT INTO contact (id, last_name, account_id) VALUES ('c', 'Kim', 'a'), ('d', 'Lee', 'b');
INSERT INTO lead (id, company) VALUES ('l', 'Acme'), ('m', 'Borealis');
INSERT INTO opportunity (id, name, account_id, primary_contact_id) VALUES ('o', 'Deal', 'a', 'c'), ('q', 'Other', 'b', 'd');
INSERT INTO lead_assignment (id, lead_id, seq, kind, state) VALUES ('x', 'l', 1, 'manual', 'offered');
INSERT INTO lead_offer (id, assignment_id, partner_account_id) VALUES ('y', 'x', 'p');
"""


PARTNERS = """
INSERT INTO partner_competency (partner_account_id, competency_code) VALUES ('p', 'security');
INSERT INTO partner_territory (partner_account_id, territory_code) VALUES ('p', 'DE');
INSERT INTO pool_member (pool, partner_account_id) VALUES ('turns', 'p');
INSERT INTO routing_decision (lead_id, inputs, trace, outcome) VALUES ('l', '{}', '{}', '{}');
INSERT INTO record_access (subject_type, subject_id, principal_type, principal_id, level, reason)
VALUES ('lead', 'l', 'partner_account', 'p', 'read', 'grant');
INSERT INTO program (id, code) VALUES ('g', 'DR-STD');
INSERT INTO program_enrollment (program_id, partner_account_id) VALUES ('g', 'p');
INSERT INTO deal_registration (id, number, program_id, partner_account_id) VALUES ('e', 'DR-0001', 'g', 'p');
INSERT INTO deal_candidate (deal_id, other_type, system, other_ref, score) VALUES ('e', 'lead', 'prm', 'l', 0.5);
INSERT INTO deal_extension (deal_id) VALUES ('e');
INSERT INTO proof_of_performance (deal_id) VALUES ('e');
INSERT INTO margin_credit (deal_id, pct) VALUES ('e', 5);
INSERT INTO notification_preference (principal, kind) VALUES ('ann@acme.example', '*');
"""


@pytest.fixture
def conn(store_engine: Engine) -> Iterator[Connection]:
    """Rows that nobody has changed since they were last settled, each at revision 1."""
    with write(store_engine) as connection:
        run(connection, ROWS)
        for table in ("lead_assignment", "lead"):  # they were touched by what belongs to them
            run(connection, f"UPDATE {table} SET revision = 10")
        run(connection, SPOKES)
    with write(store_engine) as connection:
        yield connection


def run(connection: Connection, statements: str) -> None:
    for statement in filter(str.strip, statements.split(";")):
        connection.execute(text(statement))


def link(connection: Connection, entity: str, prm_id: str, state: str = "active", to: str = "links") -> None:
    run(
        connection,
        "INSERT INTO sync_link (connection, object, crm_id, entity, prm_id, role, state)"
        f" VALUES ('{to}', 'Thing', '{prm_id}1', '{entity}', '{prm_id}', 'origin', '{state}')",
    )


def dirty(connection: Connection) -> set[tuple[str, str, str, int]]:
    rows = connection.execute(text("SELECT entity, prm_id, connection, revision FROM sync_dirty"))
    return {(row[0], row[1], row[2], row[3]) for row in rows}


def revision(connection: Connection, table: str, id: str) -> int:
    return connection.execute(text(f"SELECT revision FROM {table} WHERE id = '{id}'")).scalar_one()


def test_a_plain_update_moves_revision_and_time(conn: Connection):
    run(conn, "UPDATE account SET updated_at = '2020-01-01T00\\:00\\:00Z'")
    run(conn, "UPDATE account SET city = 'Bonn' WHERE id = 'a'")
    rows = dict(conn.execute(text("SELECT id, revision FROM account")).all())
    assert rows == {"a": 3, "b": 2}
    times = dict(conn.execute(text("SELECT id, updated_at FROM account")).all())
    assert str(times["b"])[:4] == "2020"
    assert str(times["a"])[:4] > "2020"


@pytest.mark.parametrize(("given", "kept"), [(11, 11), (15, 15), (10, 11), (3, 11)])
def test_a_revision_can_be_set_forward_only(conn: Connection, given: int, kept: int):
    run(conn, f"UPDATE lead SET revision = {given} WHERE id = 'l'")
    assert revision(conn, "lead", "l") == kept
    assert dirty(conn) == {("lead", "l", "makes", kept)}


@pytest.mark.parametrize("table", REVISED)
def test_every_business_table_has_a_revision_that_moves(store_engine: Engine, table: str):
    with write(store_engine) as connection:
        run(connection, ROWS)
        run(connection, "INSERT INTO vendor_user (email) VALUES ('ann@acme.example')")
        run(connection, "INSERT INTO partner_user (partner_account_id, email) VALUES ('p', 'kim@bob.example')")
        run(connection, "INSERT INTO account_domain (account_id, domain) VALUES ('a', 'acme.example')")
        run(connection, "INSERT INTO account_alias (account_id, alias_norm) VALUES ('a', 'acme')")
        run(
            connection,
            "INSERT INTO named_account (account_id, partner_account_id, protection, reason)"
            " VALUES ('a', 'p', 'exclusive', 'contract')",
        )
        run(connection, "INSERT INTO activity (subject_type, subject_id, kind) VALUES ('lead', 'l', 'call')")
        run(connection, "INSERT INTO note (parent_type, parent_id) VALUES ('lead', 'l')")
        run(connection, "INSERT INTO lead_exclusion (lead_id, partner_account_id, reason) VALUES ('l', 'p', 'admin')")
        run(connection, PARTNERS)
        before = dict(connection.execute(text(f"SELECT id, revision FROM {table}")).all())
        run(connection, f"UPDATE {table} SET updated_by = 'someone'")
        assert dict(connection.execute(text(f"SELECT id, revision FROM {table}")).all()) == {i: r + 1 for i, r in before.items()}
        assert before


def test_a_new_row_goes_to_the_connections_that_create(conn: Connection):
    run(conn, "INSERT INTO lead (id, company) VALUES ('n', 'New'), ('n2', 'New')")
    assert dirty(conn) == {("lead", "n", "makes", 1), ("lead", "n2", "makes", 1)}


def test_a_change_goes_also_to_the_connections_that_are_linked(conn: Connection):
    link(conn, "lead", "l")
    run(conn, "UPDATE lead SET company = 'Acme 2'")
    assert dirty(conn) == {("lead", "l", "makes", 11), ("lead", "l", "links", 11), ("lead", "m", "makes", 11)}


@pytest.mark.parametrize("state", ["active", "disconnected", "merged", "deleted_remote"])
def test_a_link_of_any_other_state_counts(conn: Connection, state: str):
    link(conn, "lead", "l", state)
    run(conn, "UPDATE lead SET company = 'Acme 2' WHERE id = 'l'")
    assert ("lead", "l", "links", 11) in dirty(conn)


def test_an_unlinked_row_is_told_to_nobody_but_those_who_create(conn: Connection):
    link(conn, "lead", "l", "unlinked")
    link(conn, "account", "l")
    run(conn, "UPDATE lead SET company = 'Acme 2' WHERE id = 'l'")
    assert dirty(conn) == {("lead", "l", "makes", 11)}


def test_a_connection_that_does_not_care_is_not_told(conn: Connection):
    link(conn, "lead", "l", to="stranger")
    run(conn, "UPDATE lead SET company = 'Acme 2' WHERE id = 'l'")
    assert {row[2] for row in dirty(conn)} == {"makes"}


def test_a_row_that_moves_again_stays_dirty_at_its_latest_revision(conn: Connection):
    run(conn, "UPDATE lead SET company = 'Acme 2' WHERE id = 'l'; UPDATE lead SET company = 'Acme 3' WHERE id = 'l'")
    assert dirty(conn) == {("lead", "l", "makes", 12)}


def test_a_row_that_is_taken_away_is_noticed(conn: Connection):
    link(conn, "lead", "m")
    run(conn, "DELETE FROM lead WHERE id = 'm'")
    assert dirty(conn) == {("lead", "m", "makes", 11), ("lead", "m", "links", 11)}


def test_an_upsert_that_finds_the_row_counts_as_an_update(conn: Connection):
    link(conn, "lead", "l")
    run(conn, "INSERT INTO lead (id, company) VALUES ('l', 'Acme 2') ON CONFLICT (id) DO UPDATE SET company = excluded.company")
    assert dirty(conn) == {("lead", "l", "makes", 11), ("lead", "l", "links", 11)}


@pytest.mark.parametrize("table", SYNCED)
def test_every_synced_table_tells(store_engine: Engine, table: str):
    with write(store_engine) as connection:
        run(connection, f"INSERT INTO sync_spoke (connection, entity, creates) VALUES ('makes', '{table}', true)")
        run(connection, ROWS)
        run(connection, "INSERT INTO note (id, parent_type, parent_id) VALUES ('n', 'lead', 'l')")
        assert {row[0] for row in dirty(connection)} == {table}


CHANGES = {
    "a new assignment": (
        "INSERT INTO lead_assignment (lead_id, seq, kind, state) VALUES ('m', 1, 'manual', 'offered')",
        "lead",
        "m",
    ),
    "a changed assignment": ("UPDATE lead_assignment SET state = 'accepted'", "lead", "l"),
    "an assignment taken away": ("DELETE FROM lead_offer; DELETE FROM sync_dirty; DELETE FROM lead_assignment", "lead", "l"),
    "a new offer": (
        "INSERT INTO lead_offer (assignment_id, partner_account_id) VALUES ('x', 'r')",
        "lead",
        "l",
    ),
    "a changed offer": ("UPDATE lead_offer SET state = 'viewed'", "lead", "l"),
    "an offer taken away": ("DELETE FROM lead_offer", "lead", "l"),
    "a changed contact": ("UPDATE contact SET title = 'CEO' WHERE id = 'c'", "opportunity", "o"),
}


@pytest.mark.parametrize(("statement", "owner", "id"), CHANGES.values(), ids=CHANGES)
def test_what_belongs_to_a_row_counts_as_a_change_of_it(conn: Connection, statement: str, owner: str, id: str):
    before = revision(conn, owner, id)
    run(conn, statement)
    now = revision(conn, owner, id)
    assert now > before
    assert dirty(conn) == {(owner, id, "makes", now)}


def test_a_changed_account_counts_as_a_change_of_its_opportunities(conn: Connection):
    run(conn, "UPDATE account SET city = 'Bonn' WHERE id = 'a'")
    assert dirty(conn) == {("account", "a", "makes", 2), ("opportunity", "o", "makes", 2)}


def test_an_assignment_that_moves_to_another_lead_changes_both(conn: Connection):
    run(conn, "UPDATE lead_assignment SET lead_id = 'm'")
    assert dirty(conn) == {("lead", "l", "makes", 11), ("lead", "m", "makes", 11)}


def test_owners_lead_to_synced_tables():
    assert {owner.owner for owner in OWNERS} - set(SYNCED) <= {owner.table for owner in OWNERS}


def test_no_business_table_is_forgotten_whichever_module_is_imported_first():
    for module in pkgutil.iter_modules(store.__path__):
        importlib.import_module(f"{store.__name__}.{module.name}")
    every = sorted(table.name for table in metadata.sorted_tables if {"revision", "origin"} <= set(table.c.keys()))
    script = "from centri.store import triggers; print(*triggers.REVISED)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.split() == every
