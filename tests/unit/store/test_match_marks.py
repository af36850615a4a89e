"""Each change of a company is marked in its own transaction, and a reader who knows the store as of a mark misses none."""

import pytest
from sqlalchemy import Connection, Engine, text

from centri.store import match_marks, match_rows
from centri.store.database import read, read_as_of_now, write

ROWS = (
    "INSERT INTO partner_account (id, name) VALUES ('p', 'Bob & Co')",
    "INSERT INTO account (id, name, name_norm) VALUES ('a', 'Acme', 'acme'), ('b', 'Borealis', 'borealis')",
    "INSERT INTO account_alias (id, account_id, alias_norm) VALUES ('x', 'a', 'acme works')",
    "INSERT INTO account_domain (id, account_id, domain) VALUES ('y', 'b', 'borealis.example')",
)
A, B, P = ("account", "a"), ("account", "b"), ("partner_account", "p")


@pytest.fixture
def engine(store_engine: Engine) -> Engine:
    with write(store_engine) as conn:
        run(conn, *ROWS)
    return store_engine


def run(conn: Connection, *statements: str) -> None:
    for statement in statements:
        conn.execute(text(statement))


def mark(engine: Engine) -> int:
    with read_as_of_now(engine) as conn:
        return match_marks.mark(conn)


def marks(engine: Engine) -> dict[tuple[str, str], int]:
    with read(engine) as conn:
        return {(row[0], row[1]): row[2] for row in conn.execute(text("SELECT entity, prm_id, mark FROM match_change"))}


def changed(engine: Engine, since: int) -> set[tuple[str, str]]:
    with read_as_of_now(engine) as conn:
        return set(match_marks.changed(conn, since))


CHANGES = {
    "INSERT INTO account (id, name) VALUES ('c', 'Cyan')": {("account", "c")},
    "UPDATE account SET name = 'Acme 2' WHERE id = 'a'": {A},
    "UPDATE account SET account_class = 'competitor'": {A, B},
    "UPDATE account SET deleted_at = '2026-03-02T09:00:00.000000Z' WHERE id = 'b'": {B},
    "DELETE FROM partner_account WHERE id = 'p'": {P},
    "UPDATE partner_account SET city = 'Ulm'": {P},
    "INSERT INTO account_alias (account_id, alias_norm) VALUES ('b', 'north')": {B},
    "UPDATE account_alias SET account_id = 'b' WHERE id = 'x'": {A, B},
    "DELETE FROM account_domain WHERE id = 'y'": {B},
    "UPDATE account_domain SET kind = 'excluded'": {B},
    "UPDATE account SET phone_e164 = '+4930123456', updated_by = 'dana'": set(),
    "UPDATE account SET name = 'Acme' WHERE id = 'a'": set(),
    "UPDATE account_alias SET updated_by = 'dana'": set(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_matching_reads_is_marked_and_nothing_else(engine: Engine, change: str):
    since, before = mark(engine), marks(engine)
    with write(engine) as conn:
        run(conn, change)
    moved = {company for company, mark in marks(engine).items() if mark != before.get(company)}
    assert moved == CHANGES[change]
    assert moved <= changed(engine, since)


def test_what_is_rolled_back_is_not_marked(engine: Engine):
    before = marks(engine)
    with engine.connect() as conn, conn.begin() as transaction:
        run(conn, "UPDATE account SET name = 'Other'")
        transaction.rollback()
    assert marks(engine) == before


def test_a_change_that_commits_after_the_look_is_found_by_the_next(postgresql_store: str, fresh_postgresql):
    from centri.store.database import open_engine

    engine = open_engine(fresh_postgresql())
    try:
        with write(engine) as conn:
            run(conn, *ROWS)
        with engine.connect() as slow, slow.begin():
            run(slow, "UPDATE account SET name = 'Slow' WHERE id = 'a'")
            with write(engine) as conn:
                run(conn, "UPDATE account SET name = 'Quick' WHERE id = 'b'")
            since = mark(engine)
            assert A not in changed(engine, since)
        assert A in changed(engine, since)
    finally:
        engine.dispose()


def test_an_account_that_is_renamed_keeps_its_former_name(engine: Engine):
    with write(engine) as conn:
        run(conn, "UPDATE account SET name = 'Apex', name_norm = 'apex' WHERE id = 'a'")
        run(conn, "UPDATE account SET name = 'Acme', name_norm = 'acme' WHERE id = 'a'")
    with read(engine) as conn:
        former = conn.execute(text("SELECT alias_norm FROM account_alias WHERE kind = 'former' ORDER BY alias_norm")).scalars()
        assert list(former) == ["acme", "apex"]


def test_rows_are_read_in_chunks_with_all_that_belongs_to_them(engine: Engine):
    with write(engine) as conn:
        run(
            conn,
            "INSERT INTO account_domain (account_id, domain, kind) VALUES ('a', 'other.example', 'excluded')",
            "UPDATE account SET website = 'https://acme.example', city = 'Ulm', country_code = 'DE' WHERE id = 'a'",
        )
    with read(engine) as conn:
        one_by_one = [row for rows in match_rows.every(conn, most=1) for row in rows]
        assert one_by_one == [row for rows in match_rows.every(conn) for row in rows]
        assert {row.id: row for row in match_rows.some(conn, [A, B, P, ("account", "none")])} == {r.id: r for r in one_by_one}
        assert match_rows.count(conn) == 3
    acme, borealis, bob = one_by_one
    assert acme == ("account/a", "Acme", "https://acme.example", None, "DE", "Ulm", ("acme works",), ())
    assert (borealis.domains, bob.id) == (("borealis.example",), "partner_account/p")


def test_each_store_has_an_identity_of_its_own(engine: Engine):
    with read(engine) as conn:
        assert match_marks.identity(conn) == ""
    match_marks.named(engine)
    match_marks.named(engine)
    with read(engine) as conn:
        assert len(match_marks.identity(conn)) > 36
