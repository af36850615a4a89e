"""What a CRM's opportunities follow from, for those that came before it was looked at: how they are sold, and when they closed.

What no partner has the vendor sells itself; what was closed in a CRM was so when it last changed at the latest.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.execute("UPDATE opportunity SET motion = 'direct' WHERE motion = 'indirect' AND partner_account_id IS NULL")
    op.execute("UPDATE opportunity SET closed_at = updated_at WHERE stage_category <> 'open' AND closed_at IS NULL")
