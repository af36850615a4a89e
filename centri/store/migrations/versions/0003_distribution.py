"""Which partner was offered a lead, and holds it. There is no way back but a copy of the database made before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import UtcDateTime, new_id, utc_now

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _lead_assignment()
    _lead_offer()
    _lead_exclusion()


def _lead_assignment() -> None:
    op.create_table(
        "lead_assignment",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("pool_id", sa.String(36)),
        sa.Column("partner_account_id", sa.String(36)),
        sa.Column("partner_user_id", sa.String(36)),
        sa.Column("vendor_user_id", sa.String(36)),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decision_id", sa.String(36)),
        sa.Column("offered_at", UtcDateTime()),
        sa.Column("accept_by", UtcDateTime()),
        sa.Column("accepted_at", UtcDateTime()),
        sa.Column("qualify_by", UtcDateTime()),
        sa.Column("retained_at", UtcDateTime()),
        sa.Column("extended_until", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("end_reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_assignment")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_assignment_lead_id")),
        sa.ForeignKeyConstraint(
            ["partner_account_id"], ["partner_account.id"], name=op.f("fk_lead_assignment_partner_account_id")
        ),
        sa.ForeignKeyConstraint(["partner_user_id"], ["partner_user.id"], name=op.f("fk_lead_assignment_partner_user_id")),
        sa.ForeignKeyConstraint(["vendor_user_id"], ["vendor_user.id"], name=op.f("fk_lead_assignment_vendor_user_id")),
        sa.UniqueConstraint("lead_id", "seq", name=op.f("uq_lead_assignment_lead_id_seq")),
        sa.CheckConstraint(
            "kind IN ('manual', 'named_account', 'existing_owner', 'account_based_opportunity', "
            "'territory', 'round_robin', 'shark_tank', 'internal')",
            name=op.f("ck_lead_assignment_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'retained', 'declined', 'expired', 'pulled_back', 'withdrawn', 'completed')",
            name=op.f("ck_lead_assignment_state"),
        ),
    )
    op.create_index(op.f("ix_lead_assignment_partner_account_id_state"), "lead_assignment", ["partner_account_id", "state"])
    op.create_index(
        op.f("uq_lead_assignment_live"),
        "lead_assignment",
        ["lead_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('offered', 'accepted', 'retained')"),
        sqlite_where=sa.text("state IN ('offered', 'accepted', 'retained')"),
    )


def _lead_offer() -> None:
    op.create_table(
        "lead_offer",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("assignment_id", sa.String(36), nullable=False),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("state", sa.Text, server_default="offered", nullable=False),
        sa.Column("rank", sa.Integer),
        sa.Column("offered_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("responded_at", UtcDateTime()),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_offer")),
        sa.ForeignKeyConstraint(["assignment_id"], ["lead_assignment.id"], name=op.f("fk_lead_offer_assignment_id")),
        sa.ForeignKeyConstraint(["partner_account_id"], ["partner_account.id"], name=op.f("fk_lead_offer_partner_account_id")),
        sa.UniqueConstraint("assignment_id", "partner_account_id", name=op.f("uq_lead_offer_assignment_id_partner_account_id")),
        sa.CheckConstraint(
            "state IN ('offered', 'viewed', 'accepted', 'declined', 'lost_race', 'expired', 'withdrawn')",
            name=op.f("ck_lead_offer_state"),
        ),
    )
    op.create_index(op.f("ix_lead_offer_partner_account_id_state"), "lead_offer", ["partner_account_id", "state"])
    op.create_index(
        op.f("uq_lead_offer_won"),
        "lead_offer",
        ["assignment_id"],
        unique=True,
        postgresql_where=sa.text("state = 'accepted'"),
        sqlite_where=sa.text("state = 'accepted'"),
    )


def _lead_exclusion() -> None:
    op.create_table(
        "lead_exclusion",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("cleared_at", UtcDateTime()),
        sa.Column("cleared_by", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_exclusion")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_lead_exclusion_lead_id")),
        sa.ForeignKeyConstraint(
            ["partner_account_id"], ["partner_account.id"], name=op.f("fk_lead_exclusion_partner_account_id")
        ),
        sa.UniqueConstraint("lead_id", "partner_account_id", name=op.f("uq_lead_exclusion_lead_id_partner_account_id")),
        sa.CheckConstraint(
            "reason IN ('retain_timeout', 'accept_timeout', 'declined', 'conflict', 'admin')",
            name=op.f("ck_lead_exclusion_reason"),
        ),
    )
