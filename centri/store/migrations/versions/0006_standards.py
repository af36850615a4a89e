"""What no dictionary knows is counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import ID, UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "standardisation_miss",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("example_entity", sa.Text, nullable=False),
        sa.Column("example_id", ID, nullable=False),
        sa.Column("first_seen", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "raw", name=op.f("pk_standardisation_miss")),
    )
