"""Backfills: how far each has come, what a staged row is to take again, and leases that give way to live work.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import ID, Json, UtcDateTime, new_id, utc_now

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "sync_backfill",
        sa.Column("id", ID, server_default=new_id(), nullable=False),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=True),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.Column("fields", Json(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("stamp", UtcDateTime(), nullable=True),
        sa.Column("crm_id", sa.Text, nullable=True),
        sa.Column("counters", Json(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("began_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_backfill")),
    )
    op.add_column("sync_staging", sa.Column("again", Json(), nullable=True))
    op.add_column("sync_lease", sa.Column("gives_way", sa.Boolean, server_default=sa.false(), nullable=False))
    op.add_column("sync_lease", sa.Column("wanted_at", UtcDateTime(), nullable=True))
