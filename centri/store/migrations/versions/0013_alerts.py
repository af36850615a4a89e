"""How each step of a connection last went, which alerts are on, and chat as a way to tell of them.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "sync_step",
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("succeeded_at", UtcDateTime()),
        sa.Column("failed_at", UtcDateTime()),
        sa.Column("failures", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("run_id", sa.Text),
        sa.PrimaryKeyConstraint("connection", "name", name=op.f("pk_sync_step")),
    )
    op.create_table(
        "sync_alert",
        sa.Column("trouble", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("calm_since", UtcDateTime()),
        sa.PrimaryKeyConstraint("trouble", "subject", name=op.f("pk_sync_alert")),
    )
    with op.batch_alter_table("notification") as batch:
        batch.drop_constraint(op.f("ck_notification_channel"), type_="check")
        batch.create_check_constraint(op.f("ck_notification_channel"), "channel IN ('email', 'webhook', 'chat', 'log')")
