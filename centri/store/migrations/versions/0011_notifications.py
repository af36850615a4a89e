"""What people are told, and how they want it.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from centri.store.tables import SERIAL, Json, UtcDateTime, new_id, utc_now

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _notification()
    _notification_preference()


def _common() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
    ]


def _notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("dedupe_key", sa.Text, nullable=False),
        sa.Column("recipient_type", sa.Text, nullable=False),
        sa.Column("recipient_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, server_default="log", nullable=False),
        sa.Column("mode", sa.Text, server_default="individual", nullable=False),
        sa.Column("data", Json(), nullable=False),
        sa.Column("subject_type", sa.Text),
        sa.Column("subject_id", sa.Text),
        sa.Column("queued_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("due_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("state", sa.Text, server_default="queued", nullable=False),
        sa.Column("attempts", sa.Integer, server_default="0", nullable=False),
        sa.Column("next_at", UtcDateTime()),
        sa.Column("sent_at", UtcDateTime()),
        sa.Column("message_id", sa.Text),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_notification_dedupe_key")),
        sa.CheckConstraint(
            "recipient_type IN ('partner_user', 'vendor_user', 'address')", name=op.f("ck_notification_recipient_type")
        ),
        sa.CheckConstraint("channel IN ('email', 'webhook', 'log')", name=op.f("ck_notification_channel")),
        sa.CheckConstraint("mode IN ('individual', 'daily', 'weekly')", name=op.f("ck_notification_mode")),
        sa.CheckConstraint(
            "state IN ('queued', 'sent', 'failed', 'suppressed', 'aggregated')", name=op.f("ck_notification_state")
        ),
    )
    op.create_index(op.f("ix_notification_recipient_id"), "notification", ["recipient_id"])
    op.create_index(op.f("ix_notification_state_due_at"), "notification", ["state", "due_at"])


def _notification_preference() -> None:
    op.create_table(
        "notification_preference",
        *_common(),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, server_default="email", nullable=False),
        sa.Column("mode", sa.Text, server_default="individual", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_preference")),
        sa.UniqueConstraint("principal", "kind", name=op.f("uq_notification_preference_principal_kind")),
        sa.CheckConstraint("channel IN ('email', 'webhook', 'log')", name=op.f("ck_notification_preference_channel")),
        sa.CheckConstraint("mode IN ('individual', 'daily', 'weekly', 'off')", name=op.f("ck_notification_preference_mode")),
    )
