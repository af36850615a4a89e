"""Dagster's storage on PostgreSQL with connections that are kept, for which Dagster itself has no setting."""

from collections.abc import Mapping
from typing import Any

from dagster._config import UserConfigSchema
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from centri.errors import ConfigError
from centri.settings import from_environment

VARIABLE = "CENTRI_DAGSTER_DATABASE_URL"

_KEPT, _MORE, _RENEWED_AFTER = 1, 5, 1800
"""Connections of a process: kept open, opened besides when threads need them; after so many seconds a new one is made."""


class PooledPostgresStorage(DagsterPostgresStorage):
    """Dagster's own storage, which would open a connection for each statement, over one small pool for all of its parts.

    ``dagster.yaml`` names the class alone: where the database is, is a secret, and said like any other
    (``CENTRI_DAGSTER_DATABASE_URL``). A server that was started anew in between is not noticed.
    """

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "PooledPostgresStorage":
        storage = cls(_url(), inst_data=inst_data)
        engine = create_pg_engine(
            storage.postgres_url, None, isolation_level="AUTOCOMMIT",
            pool_size=_KEPT, max_overflow=_MORE, pool_recycle=_RENEWED_AFTER, pool_pre_ping=True,
        )  # fmt: skip
        for part in (storage._run_storage, storage._event_log_storage, storage._schedule_storage):
            part._engine = engine  # noqa: SLF001 - there is no setting
        return storage


def _url() -> str:
    """Raises ConfigError where no PostgreSQL database is named."""
    given = from_environment().environment.get(VARIABLE, "")
    try:
        url = make_url(given)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "postgresql":
        raise ConfigError(f"{VARIABLE} must name a PostgreSQL database for Dagster's own, such as postgresql://user@host/dagster")
    return url.set(drivername="postgresql+psycopg2").render_as_string(hide_password=False)
