"""What distribution and deals need beside the business tables: access, turns, decisions, programmes, registrations, messages.

Which pools and rules there are is said in the mapping; here is what happened by them.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from centri.store.tables import ID, Json, Money, choice, common, flag, json, metadata, moment, ref, serial, texts, whole

DEAL_STATES = (
    "draft", "submitted", "under_review", "returned", "approved", "rejected", "withdrawn", "expired", "won", "lost", "cancelled",
)  # fmt: skip

partner_competency = Table(
    "partner_competency",
    metadata,
    *common(),
    ref("partner_account_id", "partner_account", required=True),
    *texts("competency_code", required=True),
    *texts("level"),
    moment("valid_until"),
    UniqueConstraint("partner_account_id", "competency_code"),
)

partner_territory = Table(
    "partner_territory",
    metadata,
    *common(),
    ref("partner_account_id", "partner_account", required=True),
    *texts("territory_code", required=True),
    UniqueConstraint("partner_account_id", "territory_code"),
    Index(None, "territory_code"),
)

pool_member = Table(
    "pool_member",
    metadata,
    *common(),
    *texts("pool", required=True),
    ref("partner_account_id", "partner_account", required=True),
    flag("paused", default=False),
    Column("credit", Float, nullable=False, server_default="0"),
    whole("owed"),
    whole("given"),
    moment("last_given_at"),
    UniqueConstraint("pool", "partner_account_id"),
)
"""A partner's turn in a pool. ``credit`` is what smooth weighted round robin has added up, ``owed`` the turns missed while away,
``given`` how many leads it got.
"""

routing_decision = Table(
    "routing_decision",
    metadata,
    *common(),
    ref("lead_id", "lead", required=True),
    Column("lead_revision", Integer, nullable=False, server_default="0"),
    moment("decided_at", default=True),
    *texts("mapping_sha"),
    Column("inputs", Json(), nullable=False),
    Column("trace", Json(), nullable=False),
    *texts("rule"),
    Column("outcome", Json(), nullable=False),
    Index(None, "lead_id", "decided_at"),
)
"""Why a lead went where it went: the lead as it was then, every rule that was tried, and what came of it. Nothing is changed."""

_STANDING = text("revoked_at IS NULL")

record_access = Table(
    "record_access",
    metadata,
    *common(),
    choice("subject_type", "lead", "opportunity", "deal", "account", "contact", required=True),
    Column("subject_id", ID, nullable=False),
    choice("principal_type", "partner_account", "partner_user", required=True),
    Column("principal_id", ID, nullable=False),
    choice("level", "offer", "read", "write", required=True),
    choice("reason", "owner", "cpa", "originator", "offer", "grant", "registered", required=True),
    moment("granted_at", default=True),
    moment("revoked_at"),
    Index(
        "uq_record_access_standing", "subject_type", "subject_id", "principal_type", "principal_id", "reason", unique=True,
        postgresql_where=_STANDING, sqlite_where=_STANDING,
    ),
    Index(None, "principal_id", "subject_type"),
)  # fmt: skip
"""Which partner, or which of its people, may see a record, and as what. Every look of a partner goes through it."""

program = Table(
    "program",
    metadata,
    *common(),
    *texts("code", required=True),
    choice("kind", "deal_registration", "lead_referral", "lead_distribution", default="deal_registration"),
    *texts("name", "benefits"),
    json("required_fields"),
    Column("protection_days", Integer, nullable=False, server_default="90"),
    Column("response_hours", Integer, nullable=False, server_default="48"),
    choice("extension_policy", "none", "once", "unlimited", default="once"),
    Column("extension_days", Integer, nullable=False, server_default="30"),
    whole("resubmissions"),
    json("auto_approve_when"),
    Column("margin_pct", Float),
    flag("proof_required", default=False),
    flag("active", default=True),
    UniqueConstraint("code"),
)

program_enrollment = Table(
    "program_enrollment",
    metadata,
    *common(),
    ref("program_id", "program", required=True),
    ref("partner_account_id", "partner_account", required=True),
    choice("status", "invited", "active", "suspended", "ended", default="active"),
    moment("signed_at"),
    UniqueConstraint("program_id", "partner_account_id"),
)

_APPROVED, _PENDING = text("state = 'approved'"), text("state = 'pending'")

deal_registration = Table(
    "deal_registration",
    metadata,
    *common(),
    *texts("number", required=True),
    Column("revision_no", Integer, nullable=False, server_default="1"),
    ref("program_id", "program", required=True),
    ref("partner_account_id", "partner_account", required=True),
    *texts("submitted_by"),
    ref("lead_id", "lead"),
    ref("opportunity_id", "opportunity"),
    ref("account_id", "account"),
    *texts("account_name"),
    ref("contact_id", "contact"),
    *texts("contact_name", "contact_email"),
    Column("product_family", Text, nullable=False, server_default="*"),
    Column("amount", Money),
    Column("currency", String(3)),
    Column("close_date", Date),
    *texts("current_situation", "timeframe"),
    choice("state", *DEAL_STATES, default="draft"),
    moment("submitted_at"),
    moment("response_due_at"),
    ref("reviewer_id", "vendor_user"),
    moment("reviewed_at"),
    *texts("decision_code", "decision_text"),
    moment("approved_at"),
    moment("expires_at"),
    ref("previous_id", "deal_registration"),
    ref("duplicate_of_id", "deal_registration"),
    flag("conflict", default=False),
    moment("closed_at"),
    UniqueConstraint("number", "revision_no"),
    Index(
        "uq_deal_registration_approved", "account_id", "product_family", unique=True, postgresql_where=_APPROVED,
        sqlite_where=_APPROVED,
    ),
    CheckConstraint("state NOT IN ('rejected', 'returned') OR decision_text IS NOT NULL", name="decision_is_explained"),
    CheckConstraint("state <> 'approved' OR expires_at IS NOT NULL", name="approved_expires"),
    Index(None, "partner_account_id", "state"),
    Index(None, "opportunity_id"),
)  # fmt: skip
"""A deal that a partner registers: protected until ``expires_at`` once it is approved; one at a time for an account's product."""

deal_candidate = Table(
    "deal_candidate",
    metadata,
    *common(),
    ref("deal_id", "deal_registration", required=True),
    choice("other_type", "deal", "opportunity", "lead", "account", required=True),
    *texts("system", "other_ref", required=True),
    *texts("label"),
    Column("score", Float, nullable=False),
    json("reasons"),
    moment("checked_at", default=True),
    UniqueConstraint("deal_id", "system", "other_type", "other_ref"),
)
"""What a registration may be a duplicate of, in the PRM (``system`` "prm") or in a CRM (its connection), with a probability."""

deal_extension = Table(
    "deal_extension",
    metadata,
    *common(),
    ref("deal_id", "deal_registration", required=True),
    *texts("requested_by"),
    moment("requested_at", default=True),
    moment("requested_until"),
    *texts("reason"),
    choice("state", "pending", "approved", "rejected", default="pending"),
    *texts("decided_by"),
    moment("decided_at"),
    *texts("decision_text"),
    Index("uq_deal_extension_pending", "deal_id", unique=True, postgresql_where=_PENDING, sqlite_where=_PENDING),
)

proof_of_performance = Table(
    "proof_of_performance",
    metadata,
    *common(),
    ref("deal_id", "deal_registration", required=True),
    choice("kind", "po", "invoice", "contract", "other", default="other"),
    *texts("file_name", "sha256", "uri"),
    moment("submitted_at", default=True),
    *texts("accepted_by"),
    moment("accepted_at"),
    Index(None, "deal_id"),
)

margin_credit = Table(
    "margin_credit",
    metadata,
    *common(),
    ref("deal_id", "deal_registration", required=True),
    Column("pct", Float, nullable=False),
    Column("amount", Money),
    Column("currency", String(3)),
    choice("state", "due", "released", "void", default="due"),
    moment("released_at"),
    UniqueConstraint("deal_id"),
)

notification = Table(
    "notification",
    metadata,
    serial(),
    *texts("kind", "dedupe_key", required=True),
    choice("recipient_type", "partner_user", "vendor_user", "address", required=True),
    *texts("recipient_id", required=True),
    choice("channel", "email", "webhook", "chat", "log", default="log"),
    choice("mode", "individual", "daily", "weekly", default="individual"),
    Column("data", Json(), nullable=False),
    *texts("subject_type", "subject_id"),
    moment("queued_at", default=True),
    moment("due_at", default=True),
    choice("state", "queued", "sent", "failed", "suppressed", "aggregated", default="queued"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    moment("next_at"),
    moment("sent_at"),
    *texts("message_id", "error"),
    UniqueConstraint("dedupe_key"),
    Index(None, "state", "due_at"),
    Index(None, "recipient_id"),
)
"""What somebody is to be told, queued with what it tells of; ``dedupe_key`` sees to it that it is told once."""

notification_preference = Table(
    "notification_preference",
    metadata,
    *common(),
    *texts("principal", "kind", required=True),
    choice("channel", "email", "webhook", "log", default="email"),
    choice("mode", "individual", "daily", "weekly", "off", default="individual"),
    UniqueConstraint("principal", "kind"),
)
