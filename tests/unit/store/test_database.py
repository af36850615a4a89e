"""Opening a database and its transactions."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from centri.errors import ConfigError, RetryLater
from centri.store.database import open_engine, read, write
from centri.store.prm_tables import lead


def add_lead(connection: Connection) -> None:
    connection.execute(lead.insert().values(company="Acme"))


def add_lead_and_fail(connection: Connection) -> None:
    add_lead(connection)
    connection.execute(lead.insert().values(first_name="Ann"))


def leads(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(lead)).scalar_one()


@pytest.mark.parametrize("url", ["postgresql://u@host/db", "postgres://u@host/db", "postgresql+psycopg2://u@host/db"])
def test_postgresql_is_spoken_to_through_psycopg2(url):
    assert open_engine(url).url.drivername == "postgresql+psycopg2"


@pytest.mark.parametrize("url", ["mysql://host/db", "centri.db", ""])
def test_other_addresses_are_refused(url):
    with pytest.raises(ConfigError):
        open_engine(url)


def test_sqlite_is_opened_as_the_engine_needs_it(tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path}/a.db")
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous", "recursive_triggers")
        }
    engine.dispose()
    assert found == {"journal_mode": "wal", "busy_timeout": 30000, "foreign_keys": 1, "synchronous": 1, "recursive_triggers": 0}


def test_a_write_commits_when_it_ends(store_engine: Engine):
    with write(store_engine) as connection:
        add_lead(connection)
    with read(store_engine) as connection:
        assert leads(connection) == 1


def test_a_write_that_fails_leaves_nothing(store_engine: Engine):
    with pytest.raises(IntegrityError), write(store_engine) as connection:
        add_lead_and_fail(connection)
    with read(store_engine) as connection:
        assert leads(connection) == 0


def test_a_read_cannot_write_and_the_next_write_can(store_engine: Engine):
    with pytest.raises(DBAPIError, match=r"readonly|read-only"), read(store_engine) as connection:
        add_lead(connection)
    with write(store_engine) as connection:
        add_lead(connection)


def test_a_read_sees_nothing_of_an_open_write_and_does_not_wait_for_it(store_engine: Engine):
    with write(store_engine) as writer:
        add_lead(writer)
        with read(store_engine) as reader:
            assert leads(reader) == 0


def test_a_write_takes_its_turn_at_the_start_on_sqlite(sqlite_template: Path):
    engine = open_engine(f"sqlite:///{sqlite_template}")
    other = sqlite3.connect(sqlite_template, timeout=0)
    with write(engine), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    engine.dispose()


def test_a_lock_is_a_matter_for_later(sqlite_template: Path):
    engine = open_engine(f"sqlite:///{sqlite_template}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(sqlite_template, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryLater, match="locked"), write(engine):
        pass
    other.close()
    engine.dispose()


def test_a_fault_in_sql_is_not_a_matter_for_later(store_engine: Engine):
    with pytest.raises(DBAPIError), write(store_engine) as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")


def test_a_server_that_is_not_there_is_a_matter_for_later():
    engine = open_engine("postgresql://centri:hush@127.0.0.1:1/centri?password=hush")
    with pytest.raises(RetryLater, match=r"postgresql://centri@127\.0\.0\.1:1/centri ") as caught, read(engine):
        pass
    assert "hush" not in str(caught.value)
