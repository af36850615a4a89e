"""The store that the settings name, opened."""

from __future__ import annotations

from sqlalchemy import Engine

from centri.settings import Settings
from centri.store.database import exists, migrate, open_engine, require_current


def open_store(settings: Settings) -> Engine:
    """Open the store. The embedded one is made on first use; one that somebody named is migrated by hand only.

    Raises ConfigError for a store at another migration.
    """
    if not settings.database_url and not exists(settings.database):
        migrate(settings.database)
    engine = open_engine(settings.database)
    try:
        require_current(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine
