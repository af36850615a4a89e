"""Runs the migrations on the connection, and in the transaction, that it is handed."""

from __future__ import annotations

import warnings
from typing import Any

from alembic import context
from sqlalchemy import Column, DefaultClause
from sqlalchemy.exc import SAWarning

import centri.store.journal_tables
import centri.store.match_tables
import centri.store.merge_tables
import centri.store.partner_tables
import centri.store.prm_tables
import centri.store.standard_tables  # noqa: F401 - these modules put their tables into the metadata
from centri.store.tables import metadata, new_id


def _default_differs(migration: Any, found: Any, column: Column[Any], found_default: Any, *rest: Any) -> bool | None:
    """Alembic compares defaults by their values, and two random ids are never the same. None leaves it to Alembic."""
    random = isinstance(column.server_default, DefaultClause) and isinstance(column.server_default.arg, new_id)
    return found_default is None if random else None


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_server_default=_default_differs,
)
with context.begin_transaction(), warnings.catch_warnings():
    # SQLite's tables are rebuilt from what SQLAlchemy reads of them, which leaves such indexes out; migrations make them anew.
    warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index", SAWarning)
    context.run_migrations()
