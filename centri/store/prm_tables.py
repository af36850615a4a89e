"""The business tables: people and companies, leads and opportunities, and who was offered what.

Columns that end in ``_norm`` or ``_domain``, and ``domain``, are filled in by the engine.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, Float, Index, Integer, String, Table, Text, UniqueConstraint, text

from centri.store.tables import (
    ID,
    Json,
    Money,
    choice,
    common,
    flag,
    json,
    metadata,
    moment,
    ref,
    serial,
    texts,
    whole,
)

LEAD_STATES = (
    "new", "ready", "on_hold", "assigned", "working", "qualified", "converted", "recycled", "disqualified", "merged", "expired",
)  # fmt: skip

vendor_user = Table(
    "vendor_user",
    metadata,
    *common(),
    *texts("email", required=True),
    *texts("name"),
    choice("role", "admin", "channel_manager", "isr", "ae", "ops", "viewer", default="viewer"),
    flag("active", default=True),
    Index("uq_vendor_user_email", text("lower(email)"), unique=True),
)

partner_account = Table(
    "partner_account",
    metadata,
    *common(),
    *texts("name", required=True),
    *texts("name_norm"),
    choice("partner_type", "reseller", "distributor", "isv", "integrator", "msp", "referral", "agent", "other"),
    *texts("tier"),
    choice("status", "pending", "active", "inactive", "terminated", default="active"),
    *texts("country_code", "region", "state_code", "city", "postal_code"),
    Column("lat", Float),
    Column("lng", Float),
    *texts("website", "domain"),
    ref("parent_partner_id", "partner_account", cyclic=True),
    ref("channel_manager_id", "vendor_user"),
    flag("accepts_leads", default=True),
    flag("auto_accept", default=False),
    whole("routing_weight", 1),
    whole("max_open_leads"),
    whole("max_offers_per_day"),
    Column("performance_score", Float),
    *texts("languages"),
    whole("response_sla_hours"),
    CheckConstraint("routing_weight >= 0", name="routing_weight"),
    Index(None, "status", "country_code"),
    Index(None, "name_norm"),
    Index(None, "domain"),
)

partner_user = Table(
    "partner_user",
    metadata,
    *common(),
    ref("partner_account_id", "partner_account", required=True),
    *texts("email", required=True),
    *texts("first_name", "last_name"),
    choice("role", "cpa", "rep", "viewer", default="rep"),
    choice("status", "active", "inactive", "on_leave", default="active"),
    flag("receives_leads", default=True),
    *texts("timezone", "locale"),
    Index("uq_partner_user_email", text("lower(email)"), unique=True),
    Index(None, "partner_account_id"),
)

account = Table(
    "account",
    metadata,
    *common(),
    *texts("name", required=True),
    *texts("name_norm"),
    choice("account_class", "customer", "prospect", "competitor", "partner", "other", default="prospect"),
    *texts("website", "domain", "phone_e164", "street", "city", "state_code", "postal_code", "country_code"),
    *texts("industry_raw", "industry_code", "employees_raw", "company_size_code", "segment_code"),
    Column("annual_revenue", Money),
    ref("parent_account_id", "account", cyclic=True),
    ref("owner_vendor_user_id", "vendor_user"),
    ref("partner_account_id", "partner_account"),
    moment("crm_created_at"),
    ref("merged_into_id", "account", cyclic=True),
    Index(None, "name_norm"),
    Index(None, "domain"),
    Index(None, "country_code"),
    Index(None, "parent_account_id"),
    Index(None, "merged_into_id"),
)

account_domain = Table(
    "account_domain",
    metadata,
    *common(),
    ref("account_id", "account", required=True),
    *texts("domain", required=True),
    choice("kind", "primary", "secondary", "contact_derived", "excluded", default="secondary"),
    Column("share", Float),
    UniqueConstraint("account_id", "domain"),
    Index(None, "domain"),
)

account_alias = Table(
    "account_alias",
    metadata,
    *common(),
    ref("account_id", "account", required=True),
    *texts("alias_norm", required=True),
    choice("kind", "former", "popular", "ticker", "merger", "manual", default="manual"),
    UniqueConstraint("account_id", "alias_norm"),
    Index(None, "alias_norm"),
)

_PROTECTED = text("protection = 'exclusive' AND valid_to IS NULL")

named_account = Table(
    "named_account",
    metadata,
    *common(),
    ref("account_id", "account", required=True),
    ref("partner_account_id", "partner_account", required=True),
    ref("partner_user_id", "partner_user"),
    choice("protection", "exclusive", "shared", required=True),
    choice("reason", "contract", "program", "product", "qualification", "territory", "end_user_request", required=True),
    Column("product_family", Text, nullable=False, server_default="*"),
    moment("valid_from", default=True),
    moment("valid_to"),
    CheckConstraint("valid_to > valid_from", name="valid"),
    Index("uq_named_account_exclusive", "account_id", "product_family", unique=True,
          postgresql_where=_PROTECTED, sqlite_where=_PROTECTED),
    Index(None, "account_id"),
    Index(None, "partner_account_id"),
)  # fmt: skip

contact = Table(
    "contact",
    metadata,
    *common(),
    ref("account_id", "account"),
    *texts("first_name"),
    *texts("last_name", required=True),
    *texts("email", "email_norm", "phone_e164", "title", "title_level_code", "job_function_code"),
    flag("email_opt_out", default=False),
    flag("do_not_call", default=False),
    *texts("consent_basis"),
    moment("consent_at"),
    ref("merged_into_id", "contact", cyclic=True),
    Index(None, "account_id"),
    Index(None, "email_norm"),
    Index(None, "merged_into_id"),
)

lead = Table(
    "lead",
    metadata,
    *common(),
    # the person
    *texts("first_name", "last_name", "email", "email_norm", "email_domain", "phone_e164"),
    *texts("title", "title_level_code", "job_function_code"),
    # the company
    *texts("company", "company_norm", "website", "industry_raw", "industry_code", "employees_raw", "company_size_code"),
    *texts("segment_code", "street", "city", "state_code", "postal_code", "country_code"),
    # the need
    json("product_interest"),
    *texts("timeframe", "current_situation", "key_decision_maker"),
    ref("requested_partner_id", "partner_account"),
    # where it came from, where it should go
    *texts("lead_source", "campaign_ref"),
    choice("source_kind", "vendor", "partner", default="vendor"),
    ref("sourced_by_partner_id", "partner_account"),
    ref("target_partner_id", "partner_account"),
    # how good it is
    choice("qualification", "raw", "mql", "sql"),
    whole("score"),
    whole("priority"),
    whole("completeness"),
    # its life
    choice("state", *LEAD_STATES, default="new"),
    *texts("state_reason"),
    moment("state_changed_at"),
    moment("received_at", default=True),
    moment("first_assigned_at"),
    moment("first_response_at"),
    moment("last_activity_at"),
    moment("expires_at"),
    # the account it was matched to
    ref("matched_account_id", "account"),
    choice("match_class", "none", "review", "named", "customer", "prospect", "partner", "competitor", default="none"),
    Column("match_confidence", Float),
    flag("match_locked", default=False),
    moment("matched_at"),
    # what it became
    moment("converted_at"),
    ref("converted_contact_id", "contact"),
    ref("converted_account_id", "account"),
    ref("converted_opportunity_id", "opportunity", cyclic=True),
    # who it is besides
    ref("master_lead_id", "lead", cyclic=True),
    ref("duplicate_of_contact_id", "contact"),
    CheckConstraint(
        "last_name IS NOT NULL OR company IS NOT NULL OR email IS NOT NULL OR phone_e164 IS NOT NULL",
        name="has_a_key",
    ),
    CheckConstraint("(state = 'merged') = (master_lead_id IS NOT NULL)", name="merged_has_master"),
    CheckConstraint("state <> 'converted' OR converted_at IS NOT NULL", name="converted_has_time"),
    CheckConstraint("source_kind <> 'partner' OR sourced_by_partner_id IS NOT NULL", name="partner_source_is_named"),
    Index("ix_lead_person", text("lower(last_name)"), text("lower(substr(first_name, 1, 1))")),
    Index(None, "state", "received_at"),
    Index(None, "email_norm"),
    Index(None, "email_domain"),
    Index(None, "company_norm"),
    Index(None, "matched_account_id"),
    Index(None, "converted_contact_id"),
    Index(None, "converted_account_id"),
    Index(None, "master_lead_id"),
    Index(None, "duplicate_of_contact_id"),
)

activity = Table(
    "activity",
    metadata,
    *common(),
    choice("subject_type", "lead", "opportunity", "deal", required=True),
    Column("subject_id", ID, nullable=False),
    choice(
        "kind", "call", "email", "meeting", "task", "contact_established", "requalified", "tactic_executed", "status_change",
        "follow_up", required=True,
    ),
    moment("occurred_at", default=True),
    *texts("actor_type", "actor_id", "outcome", "external_ref"),
    Index(None, "subject_type", "subject_id", "occurred_at"),
)  # fmt: skip

note = Table(
    "note",
    metadata,
    *common(),
    choice("parent_type", "lead", "account", "contact", "opportunity", "deal", required=True),
    Column("parent_id", ID, nullable=False),
    *texts("subject", "body", "author_type", "author_id"),
    choice("visibility", "vendor", "partner", "both", default="vendor"),
    *texts("attachment_name", "attachment_sha256"),
    Index(None, "parent_type", "parent_id"),
)

opportunity = Table(
    "opportunity",
    metadata,
    *common(),
    *texts("name", required=True),
    ref("account_id", "account", required=True),
    ref("primary_contact_id", "contact"),
    ref("partner_account_id", "partner_account"),
    ref("partner_user_id", "partner_user"),
    ref("owner_vendor_user_id", "vendor_user"),
    ref("originating_lead_id", "lead", cyclic=True),
    choice("motion", "direct", "indirect", "cosell", default="indirect"),
    choice("sourced_by", "vendor", "partner", default="partner"),
    Column("amount", Money),
    Column("currency", String(3)),
    Column("close_date", Date),
    flag("amount_is_placeholder", default=False),
    flag("close_date_is_placeholder", default=False),
    Column("partner_stage", Text, nullable=False, server_default="open"),
    *texts("vendor_stage"),
    choice("stage_category", "open", "won", "lost", default="open"),
    whole("probability"),
    *texts("forecast_category"),
    choice(
        "approval_state", "not_submitted", "submitted", "in_review", "approved", "returned", "rejected", "revoked",
        default="not_submitted",
    ),
    *texts("approval_text", "product_family", "next_step"),
    moment("closed_at"),
    *texts("lost_reason"),
    ref("competitor_account_id", "account"),
    ref("registered_partner_id", "partner_account"),
    moment("registration_expires_at"),
    CheckConstraint("amount IS NULL OR CAST(amount AS NUMERIC) >= 0", name="amount"),
    CheckConstraint("probability BETWEEN 0 AND 100", name="probability"),
    CheckConstraint("(registered_partner_id IS NULL) = (registration_expires_at IS NULL)", name="registration_expires"),
    Index(None, "partner_account_id", "stage_category"),
    Index(None, "account_id"),
    Index(None, "primary_contact_id"),
    Index(None, "originating_lead_id"),
    Index(None, "competitor_account_id"),
)  # fmt: skip

_LIVE = text("state IN ('offered', 'accepted', 'retained')")
_WON = text("state = 'accepted'")

lead_assignment = Table(
    "lead_assignment",
    metadata,
    *common(),
    ref("lead_id", "lead", required=True),
    Column("seq", Integer, nullable=False),
    choice(
        "kind", "manual", "named_account", "existing_owner", "account_based_opportunity", "territory", "round_robin",
        "shark_tank", "internal", required=True,
    ),
    Column("pool", ID),
    ref("partner_account_id", "partner_account"),
    ref("partner_user_id", "partner_user"),
    ref("vendor_user_id", "vendor_user"),
    choice(
        "state", "offered", "accepted", "retained", "declined", "expired", "pulled_back", "withdrawn", "completed", required=True,
    ),
    Column("decision_id", ID),
    moment("offered_at"),
    moment("accept_by"),
    moment("accepted_at"),
    moment("qualify_by"),
    moment("retained_at"),
    moment("extended_until"),
    moment("ended_at"),
    *texts("end_reason"),
    UniqueConstraint("lead_id", "seq"),
    Index("uq_lead_assignment_live", "lead_id", unique=True, postgresql_where=_LIVE, sqlite_where=_LIVE),
    Index(None, "partner_account_id", "state"),
)  # fmt: skip

lead_offer = Table(
    "lead_offer",
    metadata,
    *common(),
    ref("assignment_id", "lead_assignment", required=True),
    ref("partner_account_id", "partner_account", required=True),
    choice("state", "offered", "viewed", "accepted", "declined", "lost_race", "expired", "withdrawn", default="offered"),
    whole("rank"),
    moment("offered_at", default=True),
    moment("responded_at"),
    *texts("reason"),
    UniqueConstraint("assignment_id", "partner_account_id"),
    Index("uq_lead_offer_won", "assignment_id", unique=True, postgresql_where=_WON, sqlite_where=_WON),
    Index(None, "partner_account_id", "state"),
)

lead_exclusion = Table(
    "lead_exclusion",
    metadata,
    *common(),
    ref("lead_id", "lead", required=True),
    ref("partner_account_id", "partner_account", required=True),
    choice("reason", "retain_timeout", "accept_timeout", "declined", "conflict", "admin", required=True),
    moment("since", default=True),
    moment("cleared_at"),
    *texts("cleared_by"),
    UniqueConstraint("lead_id", "partner_account_id"),
)

audit_log = Table(
    "audit_log",
    metadata,
    serial(),
    moment("at", default=True),
    *texts("actor_type", "actor"),
    *texts("entity", "entity_id", required=True),
    *texts("field"),
    Column("old", Json),
    Column("new", Json),
    choice("cause_type", "run", "command", "rule", "timer"),
    *texts("cause_ref", "mapping_sha"),
    Index(None, "entity", "entity_id", "at"),
    Index(None, "cause_ref", "entity", "entity_id"),
    sqlite_autoincrement=True,
)
