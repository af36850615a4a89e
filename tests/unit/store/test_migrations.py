"""A database is brought to this version as a whole, and no other version is worked with."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import databases
import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from centri.errors import ConfigError
from centri.store import database, triggers, views
from centri.store.database import MIGRATIONS, migrate, migrations, open_engine, read, require_current, write
from centri.store.tables import metadata

pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")

HEAD = max(re.findall(r"\d{4}", " ".join(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))))


@pytest.fixture
def empty_engine(empty_url: str) -> Iterator[Engine]:
    engine = open_engine(empty_url)
    yield engine
    engine.dispose()


def pretend(engine: Engine, version: str) -> None:
    with write(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})


def test_a_new_database_is_made_with_its_folders(empty_url: str, empty_engine: Engine):
    migrate(empty_url)
    require_current(empty_engine)
    assert set(inspect(empty_engine).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_migrating_twice_changes_nothing(store_url: str, store_engine: Engine):
    with write(store_engine) as connection:
        connection.execute(text("INSERT INTO lead (company) VALUES ('Acme')"))
    migrate(store_url)
    require_current(store_engine)
    with read(store_engine) as connection:
        assert connection.execute(text("SELECT company, revision FROM lead")).all() == [("Acme", 1)]


def test_an_empty_database_is_not_worked_with(empty_url: str, empty_engine: Engine):
    with pytest.raises(ConfigError, match=rf"is empty, this centri needs {HEAD}: run `centri migrate`"):
        require_current(empty_engine)


def test_asking_does_not_make_a_file(tmp_path: Path):
    with pytest.raises(ConfigError):
        require_current(open_engine(f"sqlite:///{tmp_path}/none.db"))
    assert not (tmp_path / "none.db").exists()


def test_an_older_database_is_not_worked_with(empty_url: str, empty_engine: Engine):
    migrate(empty_url)
    pretend(empty_engine, "0001")
    with pytest.raises(ConfigError, match=rf"is at migration 0001, this centri needs {HEAD}: run `centri migrate`"):
        require_current(empty_engine)


def test_a_newer_database_is_not_worked_with(empty_url: str, empty_engine: Engine):
    migrate(empty_url)
    pretend(empty_engine, "9999")
    for act in (lambda: require_current(empty_engine), lambda: migrate(empty_url)):
        with pytest.raises(ConfigError, match=r"migrated by a newer centri \(9999\): upgrade centri"):
            act()


def test_a_database_goes_on_from_where_it_is(empty_url: str, empty_engine: Engine):
    if path := empty_engine.url.database if empty_engine.dialect.name == "sqlite" else None:
        Path(path).parent.mkdir(parents=True)
    config = migrations()
    with write(empty_engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("INSERT INTO account (name) VALUES ('Acme')"))
    migrate(empty_url)
    require_current(empty_engine)
    with read(empty_engine) as connection:
        assert connection.execute(text("SELECT name FROM account")).scalar_one() == "Acme"


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    empty_url: str, empty_engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    def fail(connection: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(triggers, "install", fail)
    with pytest.raises(ZeroDivisionError):
        migrate(empty_url)
    assert inspect(empty_engine).get_table_names() == []


def test_alembic_finds_nothing_to_migrate(store_engine: Engine):
    config = migrations()
    with write(store_engine) as connection:
        config.attributes["connection"] = connection
        command.check(config)


def test_the_migrations_make_what_the_tables_declare(empty_url: str, empty_engine: Engine):
    """Alembic does not compare checks, conditions of indexes, or SQLite's indexes over expressions; so everything is, here."""
    migrate(empty_url)
    migrated = shape(empty_engine)
    with write(empty_engine) as connection:
        views.drop(connection)
    metadata.drop_all(empty_engine)
    metadata.create_all(empty_engine)
    assert migrated == shape(empty_engine)


def shape(engine: Engine) -> dict[str, Any]:
    sqlite = engine.dialect.name == "sqlite"
    parts = [
        "columns",
        "pk_constraint",
        "foreign_keys",
        "unique_constraints",
        "check_constraints",
        *([] if sqlite else ["indexes"]),
    ]
    found = inspect(engine)
    shape = {f"{name}: {part}": plain(getattr(found, f"get_{part}")(name)) for name in metadata.tables for part in parts}
    return shape | {"indexes": sqlite_indexes(engine)} if sqlite else shape


def sqlite_indexes(engine: Engine) -> list[str]:
    with read(engine) as connection:
        return sorted(connection.execute(text("SELECT sql FROM sqlite_master WHERE type = 'index' AND sql <> ''")).scalars())


def plain(part: Any) -> Any:
    """In an order of its own, for that of constraints has no meaning; in words, for types equal only themselves."""
    return sorted(map(repr, part)) if isinstance(part, list) else repr(part)


def test_all_triggers_are_there_after_migrating(store_engine: Engine):
    with read(store_engine) as connection:
        assert triggers.missing_triggers(connection) == []


def test_a_missing_trigger_is_told_and_the_next_migration_mends_it(empty_url: str, empty_engine: Engine):
    migrate(empty_url)
    with write(empty_engine) as connection:
        lost = triggers.triggers(connection.dialect.name)[0]
        on_table = f" ON {lost.table}" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER {lost.name}{on_table}")
        assert triggers.missing_triggers(connection) == [lost.name]
    migrate(empty_url)
    with read(empty_engine) as connection:
        assert triggers.missing_triggers(connection) == []


def test_all_views_are_there_after_migrating(store_engine: Engine):
    with read(store_engine) as connection:
        assert views.stale(connection) == []
        assert {view.name for view in views.VIEWS} == set(inspect(connection).get_view_names())


def test_an_old_view_is_told_and_the_next_migration_renews_it(empty_url: str, empty_engine: Engine):
    migrate(empty_url)
    with write(empty_engine) as connection:
        connection.exec_driver_sql("DROP VIEW v_unlinked")
        connection.exec_driver_sql("CREATE VIEW v_unlinked AS SELECT 1 AS one")
        connection.exec_driver_sql("DROP VIEW v_top_deals")
        assert sorted(views.stale(connection)) == ["v_top_deals", "v_unlinked"]
        connection.exec_driver_sql("DROP VIEW v_unlinked")
        connection.exec_driver_sql("CREATE VIEW v_mine AS SELECT 1 AS one")
    migrate(empty_url)
    with read(empty_engine) as connection:
        assert views.stale(connection) == []
        assert connection.execute(text("SELECT one FROM v_mine")).scalar() == 1


def test_somebodys_view_that_stands_on_ours_is_named(postgresql_server: Engine):
    with databases.a_database(postgresql_server) as url:
        migrate(url)
        engine = open_engine(url)
        with write(engine) as connection:
            connection.exec_driver_sql("CREATE VIEW board AS SELECT * FROM v_unlinked")
        with pytest.raises(ConfigError, match=r"v_unlinked cannot be renewed: view board depends .* then migrate again"):
            migrate(url)
        with write(engine) as connection:
            connection.exec_driver_sql("DROP VIEW board")
        migrate(url)
        engine.dispose()


def test_a_disabled_trigger_counts_as_missing_and_is_mended(fresh_postgresql: Callable[[], str]):
    engine = open_engine(fresh_postgresql())
    with engine.connect() as connection:  # and never commit
        connection.exec_driver_sql("ALTER TABLE note DISABLE TRIGGER sync_note_revise")
        assert triggers.missing_triggers(connection) == ["sync_note_revise"]
        triggers.install(connection)
        assert triggers.missing_triggers(connection) == []
    engine.dispose()


REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    with op.batch_alter_table("lead") as batch:
        batch.add_column(sa.Column("shoe_size", sa.Integer))
        batch.alter_column("title", nullable=False, server_default="none")
"""


def test_a_migration_may_rebuild_a_table(empty_url: str, empty_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """On SQLite a changed column means a new table: the old one's triggers go, and its rows must not count as deleted."""
    migrate(empty_url)
    with write(empty_engine) as connection:
        connection.execute(text("INSERT INTO account (id, name) VALUES ('a', 'Acme')"))
        connection.execute(text("INSERT INTO lead (id, company, title) VALUES ('l', 'Acme', 'CEO')"))
        connection.execute(text("INSERT INTO opportunity (name, account_id, originating_lead_id) VALUES ('Deal', 'a', 'l')"))
        connection.execute(text("INSERT INTO sync_spoke (connection, entity, creates) VALUES ('sf', 'lead', true)"))
    monkeypatch.setattr(database, "MIGRATIONS", shutil.copytree(MIGRATIONS, tmp_path / "migrations"))
    (database.MIGRATIONS / "versions" / "9999_shoes.py").write_text(REBUILD.format(head=HEAD))
    migrate(empty_url)
    with write(empty_engine) as connection:
        assert connection.execute(text("SELECT originating_lead_id FROM opportunity")).scalar_one() == "l"
        assert triggers.missing_triggers(connection) == []
        connection.execute(text("UPDATE lead SET shoe_size = 43"))
        assert connection.execute(text("SELECT prm_id, revision FROM sync_dirty")).all() == [("l", 2)]


def test_what_partners_held_before_they_go_on_seeing(empty_url: str, empty_engine: Engine):
    if path := empty_engine.url.database if empty_engine.dialect.name == "sqlite" else None:
        Path(path).parent.mkdir(parents=True)
    config = migrations()
    before = (
        "INSERT INTO partner_account (id, name) VALUES ('p', 'Alpine'), ('r', 'Bavaria')",
        "INSERT INTO partner_user (id, partner_account_id, email) VALUES ('u', 'p', 'rita@alpine.example')",
        "INSERT INTO lead (id, company) VALUES ('mine', 'Acme'), ('asked', 'Borealis'), ('over', 'Corvan')",
        (
            "INSERT INTO lead_assignment (id, lead_id, seq, kind, state, partner_account_id, partner_user_id)"
            " VALUES ('a', 'mine', 1, 'manual', 'accepted', 'p', 'u'), ('b', 'asked', 1, 'shark_tank', 'offered', NULL, NULL),"
            " ('c', 'over', 1, 'manual', 'expired', 'p', 'u')"
        ),
        "INSERT INTO lead_offer (assignment_id, partner_account_id) VALUES ('b', 'p'), ('b', 'r')",
    )
    with write(empty_engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        for statement in before:
            connection.execute(text(statement))
    migrate(empty_url)
    with read(empty_engine) as connection:
        query = text("SELECT subject_id, principal_id, level, reason FROM record_access ORDER BY 1, 2")
        assert [tuple(row) for row in connection.execute(query)] == [
            ("asked", "p", "offer", "offer"),
            ("asked", "r", "offer", "offer"),
            ("mine", "p", "write", "owner"),
            ("mine", "u", "write", "owner"),
        ]
