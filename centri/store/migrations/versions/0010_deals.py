"""Programmes, the deals that partners register in them, and what they earn.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from centri.store.tables import Json, Money, UtcDateTime, new_id, utc_now

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    _program()
    _program_enrollment()
    _deal_registration()
    _deal_candidate()
    _deal_extension()
    _proof_of_performance()
    _margin_credit()


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


def _program() -> None:
    op.create_table(
        "program",
        *_common(),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, server_default="deal_registration", nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("benefits", sa.Text),
        sa.Column("required_fields", Json()),
        sa.Column("protection_days", sa.Integer, server_default="90", nullable=False),
        sa.Column("response_hours", sa.Integer, server_default="48", nullable=False),
        sa.Column("extension_policy", sa.Text, server_default="once", nullable=False),
        sa.Column("extension_days", sa.Integer, server_default="30", nullable=False),
        sa.Column("resubmissions", sa.Integer),
        sa.Column("auto_approve_when", Json()),
        sa.Column("margin_pct", sa.Float),
        sa.Column("proof_required", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("active", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program")),
        sa.UniqueConstraint("code", name=op.f("uq_program_code")),
        sa.CheckConstraint("kind IN ('deal_registration', 'lead_referral', 'lead_distribution')", name=op.f("ck_program_kind")),
        sa.CheckConstraint("extension_policy IN ('none', 'once', 'unlimited')", name=op.f("ck_program_extension_policy")),
    )


def _program_enrollment() -> None:
    op.create_table(
        "program_enrollment",
        *_common(),
        sa.Column("program_id", sa.String(36), nullable=False),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("status", sa.Text, server_default="active", nullable=False),
        sa.Column("signed_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program_enrollment")),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_program_enrollment_program_id")),
        sa.ForeignKeyConstraint(
            ["partner_account_id"], ["partner_account.id"], name=op.f("fk_program_enrollment_partner_account_id")
        ),
        sa.UniqueConstraint("program_id", "partner_account_id", name=op.f("uq_program_enrollment_program_id_partner_account_id")),
        sa.CheckConstraint("status IN ('invited', 'active', 'suspended', 'ended')", name=op.f("ck_program_enrollment_status")),
    )


def _deal_registration() -> None:
    op.create_table(
        "deal_registration",
        *_common(),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("revision_no", sa.Integer, server_default="1", nullable=False),
        sa.Column("program_id", sa.String(36), nullable=False),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("submitted_by", sa.Text),
        sa.Column("lead_id", sa.String(36)),
        sa.Column("opportunity_id", sa.String(36)),
        sa.Column("account_id", sa.String(36)),
        sa.Column("account_name", sa.Text),
        sa.Column("contact_id", sa.String(36)),
        sa.Column("contact_name", sa.Text),
        sa.Column("contact_email", sa.Text),
        sa.Column("product_family", sa.Text, server_default="*", nullable=False),
        sa.Column("amount", Money()),
        sa.Column("currency", sa.String(3)),
        sa.Column("close_date", sa.Date),
        sa.Column("current_situation", sa.Text),
        sa.Column("timeframe", sa.Text),
        sa.Column("state", sa.Text, server_default="draft", nullable=False),
        sa.Column("submitted_at", UtcDateTime()),
        sa.Column("response_due_at", UtcDateTime()),
        sa.Column("reviewer_id", sa.String(36)),
        sa.Column("reviewed_at", UtcDateTime()),
        sa.Column("decision_code", sa.Text),
        sa.Column("decision_text", sa.Text),
        sa.Column("approved_at", UtcDateTime()),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("previous_id", sa.String(36)),
        sa.Column("duplicate_of_id", sa.String(36)),
        sa.Column("conflict", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("closed_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_registration")),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_deal_registration_program_id")),
        sa.ForeignKeyConstraint(
            ["partner_account_id"], ["partner_account.id"], name=op.f("fk_deal_registration_partner_account_id")
        ),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_deal_registration_lead_id")),
        sa.ForeignKeyConstraint(["opportunity_id"], ["opportunity.id"], name=op.f("fk_deal_registration_opportunity_id")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_deal_registration_account_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_deal_registration_contact_id")),
        sa.ForeignKeyConstraint(["reviewer_id"], ["vendor_user.id"], name=op.f("fk_deal_registration_reviewer_id")),
        sa.ForeignKeyConstraint(["previous_id"], ["deal_registration.id"], name=op.f("fk_deal_registration_previous_id")),
        sa.ForeignKeyConstraint(["duplicate_of_id"], ["deal_registration.id"], name=op.f("fk_deal_registration_duplicate_of_id")),
        sa.UniqueConstraint("number", "revision_no", name=op.f("uq_deal_registration_number_revision_no")),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'under_review', 'returned',"
            " 'approved', 'rejected', 'withdrawn', 'expired', 'won', 'lost', 'cancelled')",
            name=op.f("ck_deal_registration_state"),
        ),
        sa.CheckConstraint("state <> 'approved' OR expires_at IS NOT NULL", name=op.f("ck_deal_registration_approved_expires")),
        sa.CheckConstraint(
            "state NOT IN ('rejected', 'returned') OR decision_text IS NOT NULL",
            name=op.f("ck_deal_registration_decision_is_explained"),
        ),
    )
    op.create_index(op.f("ix_deal_registration_opportunity_id"), "deal_registration", ["opportunity_id"])
    op.create_index(op.f("ix_deal_registration_partner_account_id_state"), "deal_registration", ["partner_account_id", "state"])
    where = sa.text("state = 'approved'")
    op.create_index(
        "uq_deal_registration_approved",
        "deal_registration",
        ["account_id", "product_family"],
        unique=True,
        postgresql_where=where,
        sqlite_where=where,
    )


def _deal_candidate() -> None:
    op.create_table(
        "deal_candidate",
        *_common(),
        sa.Column("deal_id", sa.String(36), nullable=False),
        sa.Column("other_type", sa.Text, nullable=False),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("other_ref", sa.Text, nullable=False),
        sa.Column("label", sa.Text),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("reasons", Json()),
        sa.Column("checked_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_candidate")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal_registration.id"], name=op.f("fk_deal_candidate_deal_id")),
        sa.UniqueConstraint(
            "deal_id", "system", "other_type", "other_ref", name=op.f("uq_deal_candidate_deal_id_system_other_type_other_ref")
        ),
        sa.CheckConstraint("other_type IN ('deal', 'opportunity', 'lead', 'account')", name=op.f("ck_deal_candidate_other_type")),
    )


def _deal_extension() -> None:
    op.create_table(
        "deal_extension",
        *_common(),
        sa.Column("deal_id", sa.String(36), nullable=False),
        sa.Column("requested_by", sa.Text),
        sa.Column("requested_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("requested_until", UtcDateTime()),
        sa.Column("reason", sa.Text),
        sa.Column("state", sa.Text, server_default="pending", nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("decision_text", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deal_extension")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal_registration.id"], name=op.f("fk_deal_extension_deal_id")),
        sa.CheckConstraint("state IN ('pending', 'approved', 'rejected')", name=op.f("ck_deal_extension_state")),
    )
    where = sa.text("state = 'pending'")
    op.create_index(
        "uq_deal_extension_pending", "deal_extension", ["deal_id"], unique=True, postgresql_where=where, sqlite_where=where
    )


def _proof_of_performance() -> None:
    op.create_table(
        "proof_of_performance",
        *_common(),
        sa.Column("deal_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.Text, server_default="other", nullable=False),
        sa.Column("file_name", sa.Text),
        sa.Column("sha256", sa.Text),
        sa.Column("uri", sa.Text),
        sa.Column("submitted_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("accepted_by", sa.Text),
        sa.Column("accepted_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proof_of_performance")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal_registration.id"], name=op.f("fk_proof_of_performance_deal_id")),
        sa.CheckConstraint("kind IN ('po', 'invoice', 'contract', 'other')", name=op.f("ck_proof_of_performance_kind")),
    )
    op.create_index(op.f("ix_proof_of_performance_deal_id"), "proof_of_performance", ["deal_id"])


def _margin_credit() -> None:
    op.create_table(
        "margin_credit",
        *_common(),
        sa.Column("deal_id", sa.String(36), nullable=False),
        sa.Column("pct", sa.Float, nullable=False),
        sa.Column("amount", Money()),
        sa.Column("currency", sa.String(3)),
        sa.Column("state", sa.Text, server_default="due", nullable=False),
        sa.Column("released_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_margin_credit")),
        sa.ForeignKeyConstraint(["deal_id"], ["deal_registration.id"], name=op.f("fk_margin_credit_deal_id")),
        sa.UniqueConstraint("deal_id", name=op.f("uq_margin_credit_deal_id")),
        sa.CheckConstraint("state IN ('due', 'released', 'void')", name=op.f("ck_margin_credit_state")),
    )
