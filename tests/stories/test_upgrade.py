"""A store of the release before this one, with all that it held: `centri migrate` brings it here, and the sync goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from databases import a_database
from sqlalchemy import Connection, Engine, MetaData, inspect, select
from story_world import PARTNERS, World
from typer.testing import CliRunner

from centri.cli.app import app
from centri.engine import partner_acts
from centri.errors import ConfigError
from centri.store.database import migrations, open_engine, read, require_current, write

PREVIOUS = "0011"
"""The migration that the release before this one was at; a release moves it up."""

CELINE = "celine@castell.example"
LEAD = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "jean.petit@nouvellebanque.example"}
DEAL = {"name": "Nouvelle Banque", "amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "proposal"}

pytestmark = pytest.mark.filterwarnings("ignore:.*expression-based index")


@pytest.fixture
def old_url(request: pytest.FixtureRequest, store_url: str, tmp_path: Path) -> Iterator[str]:
    """A database beside the world's own, of the same kind."""
    if store_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path}/old.db"
        return
    with a_database(request.getfixturevalue("postgresql_server")) as url:
        yield url


def built_as_before(engine: Engine, now: Engine) -> dict[str, int]:
    """The tables as they were, with the rows of today's as far as there were columns for them; answers how many rows each."""
    with write(engine) as conn:
        config = migrations()
        config.attributes["connection"] = conn
        command.upgrade(config, PREVIOUS)
    with write(engine) as old, read(now) as new:
        if old.dialect.name == "postgresql":
            old.exec_driver_sql("SET LOCAL session_replication_role = replica")
        else:
            old.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        return _copied(old, new)


def _copied(old: Connection, new: Connection) -> dict[str, int]:
    there, here = MetaData(), MetaData()
    there.reflect(old)
    here.reflect(new)
    counts = {}
    for name, table in there.tables.items():
        if name == "alembic_version":
            continue
        columns = [c.name for c in table.c if c.name in here.tables[name].c]
        rows = [dict(row) for row in new.execute(select(*(here.tables[name].c[c] for c in columns))).mappings()]
        if rows:
            old.execute(table.insert(), rows)
        if old.dialect.name == "postgresql" and _counted(old, name):
            old.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {name}))"
            )
        counts[name] = len(rows)
    return counts


def _counted(conn: Connection, name: str) -> bool:
    return any(column["autoincrement"] and column["name"] == "id" for column in inspect(conn).get_columns(name))


@pytest.mark.parametrize("store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.prove)], indirect=True)
def test_a_store_of_the_release_before_syncs_on(world: World, old_url: str) -> None:
    world.dana_creates("account", world.crm.ids["P3"], **PARTNERS["P3"])
    world.sync()
    world.employ("P3")
    lead = partner_acts.create_lead(world.project, CELINE, LEAD)
    partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Budget confirmed")
    partner_acts.convert_lead(world.project, lead, CELINE, DEAL)
    world.sync()
    partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Call in May")
    engine = open_engine(old_url)
    before = built_as_before(engine, world.project.engine)
    assert before["sync_link"] > 2 < before["audit_log"]
    with pytest.raises(ConfigError, match=rf"is at migration {PREVIOUS}, .* run `centri migrate`"):
        require_current(engine)
    ran = CliRunner().invoke(app, ["migrate"], env={"CENTRI_DATABASE_URL": old_url, "CENTRI_ENV": ""})
    assert ran.exit_code == 0, ran.output
    engine.dispose()
    world.restarted(database_url=old_url)
    assert {name: len(world.prm(name)) for name in before} == before
    world.at(minutes=10)
    world.sync()
    assert sorted(row["subject"] for row in world.in_crm("note")) == sorted(row["subject"] for row in world.prm("note"))
    assert len(world.in_crm("note")) == 2
    world.rests()
