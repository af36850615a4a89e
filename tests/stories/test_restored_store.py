"""The store is lost and comes back from a dump that is older than what the CRM holds: nothing is lost, nothing is there twice."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from story_world import PARTNERS, World

from centri.engine import partner_acts
from centri.engine.restored import restored

CELINE = "celine@castell.example"
LEAD = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "jean.petit@nouvellebanque.example"}
DEAL = {"name": "Nouvelle Banque", "amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "proposal"}

each_database = pytest.mark.parametrize(
    "store_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.prove)], indirect=True
)


class Dump:
    """What docs/deploy.md says: ``VACUUM INTO`` for SQLite, ``pg_dump`` for PostgreSQL, each taken while people work."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._file = url, folder / "prm.dump"
        self._sqlite = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None
        if self._sqlite:
            with closing(sqlite3.connect(self._sqlite)) as store:
                store.execute("VACUUM INTO ?", (str(self._file),))
        else:
            self._run("pg_dump", "--format=custom", f"--file={self._file}", url)

    def restore(self) -> None:
        """After the loss of everything that was there."""
        if self._sqlite:
            for file in self._sqlite.parent.glob(f"{self._sqlite.name}*"):
                file.unlink()
            self._file.rename(self._sqlite)
            return
        lost = create_engine(make_url(self._url).set(drivername="postgresql+psycopg2"))
        with lost.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
        lost.dispose()
        self._run("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={self._url}", str(self._file))

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)


def lose_and_restore(world: World, dump: Dump) -> None:
    world.close()
    dump.restore()
    world.restarted()
    restored(world.project, world.crm.name)


@pytest.fixture
def castell(world: World) -> World:
    """A partner with its people, a lead that the vendor gave it, and a lead of its own that the CRM has not heard of."""
    world.dana_creates("account", world.crm.ids["P3"], **PARTNERS["P3"])
    world.dana_creates("account", name="Umbrella Health", type="customer")
    world.sync()
    world.employ("P3")
    return world


@each_database
def test_what_was_written_since_is_found_and_not_written_again(castell: World, tmp_path: Path) -> None:
    """The CRM made records of rows that the dump has and whose links it lacks."""
    world = castell
    lead = partner_acts.create_lead(world.project, CELINE, LEAD)
    partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Budget confirmed")
    partner_acts.convert_lead(world.project, lead, CELINE, DEAL)
    dump = Dump(str(world._settings.database), tmp_path)
    world.at(minutes=10)
    world.sync()
    there = {object: sorted(row["id"] for row in world.in_crm(object)) for object in ("account", "contact", "lead", "note")}
    assert {object: len(ids) for object, ids in there.items()} == {"account": 3, "contact": 1, "lead": 1, "note": 1}
    lose_and_restore(world, dump)
    assert world.links(entity="contact") == []
    for minutes in (20, 30, 60):
        world.at(minutes=minutes)
        world.sync()
    assert {object: sorted(row["id"] for row in world.in_crm(object)) for object in there} == there
    ours = {table: len(world.prm(table)) for table in ("partner_account", "account", "contact", "opportunity", "note")}
    assert ours == {"partner_account": 1, "account": 3, "contact": 1, "opportunity": 1, "note": 1}
    world.rests()


@each_database
def test_what_either_side_changed_since_comes_back_from_the_crm(castell: World, tmp_path: Path) -> None:
    world = castell
    lead = partner_acts.create_lead(world.project, CELINE, LEAD)
    world.sync()
    dump = Dump(str(world._settings.database), tmp_path)
    world.at(minutes=10)
    (account,) = [row["id"] for row in world.in_crm("account") if row["name"] == "Umbrella Health"]
    world.dana_sets("account", account, website="umbrella.example")
    newcomer = world.dana_creates("account", name="Acme Tools", type="prospect")
    partner_acts.convert_lead(world.project, lead, CELINE, DEAL)
    world.sync()
    contacts = [row["id"] for row in world.in_crm("contact")]
    lose_and_restore(world, dump)
    for minutes in (20, 30, 60):
        world.at(minutes=minutes)
        world.sync()
    assert world.prm_row("account", name="Umbrella Health")["website"] == "umbrella.example"
    assert [link["crm_id"] for link in world.links(entity="account") if link["crm_id"] == newcomer] == [newcomer]
    assert [row["id"] for row in world.in_crm("contact")] == contacts
    assert len(world.prm("account", name="Acme Tools")) == 1
    world.rests()
