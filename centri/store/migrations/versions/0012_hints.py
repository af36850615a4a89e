"""Hints that something may have changed in a CRM, and the workers that are alive to follow them.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import UtcDateTime, utc_now

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "sync_hint",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("given_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("connection", "object", name=op.f("pk_sync_hint")),
    )
    op.create_table(
        "sync_worker",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("started_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("beat_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("runs", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("doing", sa.Text),
        sa.PrimaryKeyConstraint("connection", name=op.f("pk_sync_worker")),
    )
