"""Leads and opportunities, what was done about them and noted. There is no way back but a copy of the database made before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import Money, UtcDateTime, new_id, utc_now

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _lead()
    _opportunity()
    _activity()
    _note()
    if op.get_context().dialect.name == "postgresql":
        op.create_foreign_key(
            op.f("fk_lead_converted_opportunity_id"),
            "lead",
            "opportunity",
            ["converted_opportunity_id"],
            ["id"],
            deferrable=True,
            initially="DEFERRED",
        )
        op.create_foreign_key(
            op.f("fk_lead_master_lead_id"), "lead", "lead", ["master_lead_id"], ["id"], deferrable=True, initially="DEFERRED"
        )
        op.create_foreign_key(
            op.f("fk_opportunity_originating_lead_id"),
            "opportunity",
            "lead",
            ["originating_lead_id"],
            ["id"],
            deferrable=True,
            initially="DEFERRED",
        )


def _cyclic(column: str, target: str, name: str) -> sa.ForeignKeyConstraint:
    """Checked when the transaction ends. SQLite takes it with its table, PostgreSQL once both tables are there."""
    return sa.ForeignKeyConstraint([column], [target], name=op.f(name), deferrable=True, initially="DEFERRED", use_alter=True)


def _lead() -> None:
    op.create_table(
        "lead",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text),
        sa.Column("email", sa.Text),
        sa.Column("email_norm", sa.Text),
        sa.Column("email_domain", sa.Text),
        sa.Column("phone_e164", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("title_level_code", sa.Text),
        sa.Column("job_function_code", sa.Text),
        sa.Column("company", sa.Text),
        sa.Column("company_norm", sa.Text),
        sa.Column("website", sa.Text),
        sa.Column("industry_raw", sa.Text),
        sa.Column("industry_code", sa.Text),
        sa.Column("employees_raw", sa.Text),
        sa.Column("company_size_code", sa.Text),
        sa.Column("segment_code", sa.Text),
        sa.Column("street", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("state_code", sa.Text),
        sa.Column("postal_code", sa.Text),
        sa.Column("country_code", sa.Text),
        sa.Column("product_interest", sa.Text),
        sa.Column("timeframe", sa.Text),
        sa.Column("current_situation", sa.Text),
        sa.Column("key_decision_maker", sa.Text),
        sa.Column("requested_partner_id", sa.String(36)),
        sa.Column("lead_source", sa.Text),
        sa.Column("campaign_ref", sa.Text),
        sa.Column("source_kind", sa.Text, server_default="vendor", nullable=False),
        sa.Column("sourced_by_partner_id", sa.String(36)),
        sa.Column("target_partner_id", sa.String(36)),
        sa.Column("qualification", sa.Text),
        sa.Column("score", sa.Integer),
        sa.Column("priority", sa.Integer),
        sa.Column("completeness", sa.Integer),
        sa.Column("state", sa.Text, server_default="new", nullable=False),
        sa.Column("state_reason", sa.Text),
        sa.Column("state_changed_at", UtcDateTime()),
        sa.Column("received_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("first_assigned_at", UtcDateTime()),
        sa.Column("first_response_at", UtcDateTime()),
        sa.Column("last_activity_at", UtcDateTime()),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("matched_account_id", sa.String(36)),
        sa.Column("match_class", sa.Text, server_default="none", nullable=False),
        sa.Column("match_confidence", sa.Float),
        sa.Column("match_locked", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("matched_at", UtcDateTime()),
        sa.Column("converted_at", UtcDateTime()),
        sa.Column("converted_contact_id", sa.String(36)),
        sa.Column("converted_account_id", sa.String(36)),
        sa.Column("converted_opportunity_id", sa.String(36)),
        sa.Column("master_lead_id", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.ForeignKeyConstraint(["converted_account_id"], ["account.id"], name=op.f("fk_lead_converted_account_id")),
        sa.ForeignKeyConstraint(["converted_contact_id"], ["contact.id"], name=op.f("fk_lead_converted_contact_id")),
        sa.ForeignKeyConstraint(["matched_account_id"], ["account.id"], name=op.f("fk_lead_matched_account_id")),
        sa.ForeignKeyConstraint(["requested_partner_id"], ["partner_account.id"], name=op.f("fk_lead_requested_partner_id")),
        sa.ForeignKeyConstraint(["sourced_by_partner_id"], ["partner_account.id"], name=op.f("fk_lead_sourced_by_partner_id")),
        sa.ForeignKeyConstraint(["target_partner_id"], ["partner_account.id"], name=op.f("fk_lead_target_partner_id")),
        _cyclic("converted_opportunity_id", "opportunity.id", "fk_lead_converted_opportunity_id"),
        _cyclic("master_lead_id", "lead.id", "fk_lead_master_lead_id"),
        sa.CheckConstraint("state <> 'converted' OR converted_at IS NOT NULL", name=op.f("ck_lead_converted_has_time")),
        sa.CheckConstraint(
            "last_name IS NOT NULL OR company IS NOT NULL OR email IS NOT NULL OR phone_e164 IS NOT NULL",
            name=op.f("ck_lead_has_a_key"),
        ),
        sa.CheckConstraint(
            "match_class IN ('none', 'review', 'named', 'customer', 'prospect', 'partner', 'competitor')",
            name=op.f("ck_lead_match_class"),
        ),
        sa.CheckConstraint("(state = 'merged') = (master_lead_id IS NOT NULL)", name=op.f("ck_lead_merged_has_master")),
        sa.CheckConstraint(
            "source_kind <> 'partner' OR sourced_by_partner_id IS NOT NULL", name=op.f("ck_lead_partner_source_is_named")
        ),
        sa.CheckConstraint("qualification IN ('raw', 'mql', 'sql')", name=op.f("ck_lead_qualification")),
        sa.CheckConstraint("source_kind IN ('vendor', 'partner')", name=op.f("ck_lead_source_kind")),
        sa.CheckConstraint(
            "state IN ('new', 'ready', 'on_hold', 'assigned', 'working', 'qualified', "
            "'converted', 'recycled', 'disqualified', 'merged', 'expired')",
            name=op.f("ck_lead_state"),
        ),
    )
    op.create_index(op.f("ix_lead_company_norm"), "lead", ["company_norm"])
    op.create_index(op.f("ix_lead_email_domain"), "lead", ["email_domain"])
    op.create_index(op.f("ix_lead_email_norm"), "lead", ["email_norm"])
    op.create_index(op.f("ix_lead_matched_account_id"), "lead", ["matched_account_id"])
    op.create_index(op.f("ix_lead_state_received_at"), "lead", ["state", "received_at"])


def _opportunity() -> None:
    op.create_table(
        "opportunity",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("primary_contact_id", sa.String(36)),
        sa.Column("partner_account_id", sa.String(36)),
        sa.Column("partner_user_id", sa.String(36)),
        sa.Column("owner_vendor_user_id", sa.String(36)),
        sa.Column("originating_lead_id", sa.String(36)),
        sa.Column("motion", sa.Text, server_default="indirect", nullable=False),
        sa.Column("sourced_by", sa.Text, server_default="partner", nullable=False),
        sa.Column("amount", Money()),
        sa.Column("currency", sa.String(3)),
        sa.Column("close_date", sa.Date),
        sa.Column("amount_is_placeholder", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("close_date_is_placeholder", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("partner_stage", sa.Text, server_default="open", nullable=False),
        sa.Column("vendor_stage", sa.Text),
        sa.Column("stage_category", sa.Text, server_default="open", nullable=False),
        sa.Column("probability", sa.Integer),
        sa.Column("forecast_category", sa.Text),
        sa.Column("approval_state", sa.Text, server_default="not_submitted", nullable=False),
        sa.Column("approval_text", sa.Text),
        sa.Column("product_family", sa.Text),
        sa.Column("next_step", sa.Text),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("lost_reason", sa.Text),
        sa.Column("competitor_account_id", sa.String(36)),
        sa.Column("registered_partner_id", sa.String(36)),
        sa.Column("registration_expires_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_opportunity_account_id")),
        sa.ForeignKeyConstraint(["competitor_account_id"], ["account.id"], name=op.f("fk_opportunity_competitor_account_id")),
        sa.ForeignKeyConstraint(["owner_vendor_user_id"], ["vendor_user.id"], name=op.f("fk_opportunity_owner_vendor_user_id")),
        sa.ForeignKeyConstraint(["partner_account_id"], ["partner_account.id"], name=op.f("fk_opportunity_partner_account_id")),
        sa.ForeignKeyConstraint(["partner_user_id"], ["partner_user.id"], name=op.f("fk_opportunity_partner_user_id")),
        sa.ForeignKeyConstraint(["primary_contact_id"], ["contact.id"], name=op.f("fk_opportunity_primary_contact_id")),
        sa.ForeignKeyConstraint(
            ["registered_partner_id"], ["partner_account.id"], name=op.f("fk_opportunity_registered_partner_id")
        ),
        _cyclic("originating_lead_id", "lead.id", "fk_opportunity_originating_lead_id"),
        sa.CheckConstraint("amount IS NULL OR CAST(amount AS NUMERIC) >= 0", name=op.f("ck_opportunity_amount")),
        sa.CheckConstraint(
            "approval_state IN ('not_submitted', 'submitted', 'in_review', 'approved', 'returned', 'rejected', 'revoked')",
            name=op.f("ck_opportunity_approval_state"),
        ),
        sa.CheckConstraint("motion IN ('direct', 'indirect', 'cosell')", name=op.f("ck_opportunity_motion")),
        sa.CheckConstraint("probability BETWEEN 0 AND 100", name=op.f("ck_opportunity_probability")),
        sa.CheckConstraint(
            "(registered_partner_id IS NULL) = (registration_expires_at IS NULL)",
            name=op.f("ck_opportunity_registration_expires"),
        ),
        sa.CheckConstraint("sourced_by IN ('vendor', 'partner')", name=op.f("ck_opportunity_sourced_by")),
        sa.CheckConstraint("stage_category IN ('open', 'won', 'lost')", name=op.f("ck_opportunity_stage_category")),
    )
    op.create_index(op.f("ix_opportunity_account_id"), "opportunity", ["account_id"])
    op.create_index(op.f("ix_opportunity_originating_lead_id"), "opportunity", ["originating_lead_id"])
    op.create_index(
        op.f("ix_opportunity_partner_account_id_stage_category"), "opportunity", ["partner_account_id", "stage_category"]
    )
    op.create_index(op.f("ix_opportunity_primary_contact_id"), "opportunity", ["primary_contact_id"])


def _activity() -> None:
    op.create_table(
        "activity",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("subject_type", sa.Text, nullable=False),
        sa.Column("subject_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("occurred_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("actor_type", sa.Text),
        sa.Column("actor_id", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("external_ref", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.CheckConstraint(
            "kind IN ('call', 'email', 'meeting', 'task', 'contact_established', 'requalified', "
            "'tactic_executed', 'status_change', 'follow_up')",
            name=op.f("ck_activity_kind"),
        ),
        sa.CheckConstraint("subject_type IN ('lead', 'opportunity', 'deal')", name=op.f("ck_activity_subject_type")),
    )
    op.create_index(
        op.f("ix_activity_subject_type_subject_id_occurred_at"), "activity", ["subject_type", "subject_id", "occurred_at"]
    )


def _note() -> None:
    op.create_table(
        "note",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("parent_type", sa.Text, nullable=False),
        sa.Column("parent_id", sa.String(36), nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("author_type", sa.Text),
        sa.Column("author_id", sa.Text),
        sa.Column("visibility", sa.Text, server_default="vendor", nullable=False),
        sa.Column("attachment_name", sa.Text),
        sa.Column("attachment_sha256", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.CheckConstraint(
            "parent_type IN ('lead', 'account', 'contact', 'opportunity', 'deal')", name=op.f("ck_note_parent_type")
        ),
        sa.CheckConstraint("visibility IN ('vendor', 'partner', 'both')", name=op.f("ck_note_visibility")),
    )
    op.create_index(op.f("ix_note_parent_type_parent_id"), "note", ["parent_type", "parent_id"])
