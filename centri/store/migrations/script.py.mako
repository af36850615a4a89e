"""${message}. There is no way back but a copy of the database made before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import Json, Money, UtcDateTime, new_id, utc_now
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
