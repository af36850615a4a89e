"""By whom else a lead's person may be known: what leads of one name say of their company is heard when one is matched."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_index("ix_lead_person", "lead", [text("lower(last_name)"), text("lower(substr(first_name, 1, 1))")])
