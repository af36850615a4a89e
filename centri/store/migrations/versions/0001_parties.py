"""People and companies. There is no way back but a copy of the database made before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import Money, UtcDateTime, new_id, utc_now

revision = "0001"
down_revision = None


def upgrade() -> None:
    _vendor_user()
    _partner_account()
    _partner_user()
    _account()
    _account_domain()
    _account_alias()
    _contact()
    if op.get_context().dialect.name == "postgresql":
        op.create_foreign_key(
            op.f("fk_account_parent_account_id"),
            "account",
            "account",
            ["parent_account_id"],
            ["id"],
            deferrable=True,
            initially="DEFERRED",
        )
        op.create_foreign_key(
            op.f("fk_partner_account_parent_partner_id"),
            "partner_account",
            "partner_account",
            ["parent_partner_id"],
            ["id"],
            deferrable=True,
            initially="DEFERRED",
        )


def _cyclic(column: str, target: str, name: str) -> sa.ForeignKeyConstraint:
    """Checked when the transaction ends. SQLite takes it with its table, PostgreSQL once both tables are there."""
    return sa.ForeignKeyConstraint([column], [target], name=op.f(name), deferrable=True, initially="DEFERRED", use_alter=True)


def _vendor_user() -> None:
    op.create_table(
        "vendor_user",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text),
        sa.Column("role", sa.Text, server_default="viewer", nullable=False),
        sa.Column("active", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vendor_user")),
        sa.CheckConstraint(
            "role IN ('admin', 'channel_manager', 'isr', 'ae', 'ops', 'viewer')", name=op.f("ck_vendor_user_role")
        ),
    )
    op.create_index(op.f("uq_vendor_user_email"), "vendor_user", [sa.text("lower(email)")], unique=True)


def _partner_account() -> None:
    op.create_table(
        "partner_account",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_norm", sa.Text),
        sa.Column("partner_type", sa.Text),
        sa.Column("tier", sa.Text),
        sa.Column("status", sa.Text, server_default="active", nullable=False),
        sa.Column("country_code", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("state_code", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("postal_code", sa.Text),
        sa.Column("lat", sa.Float),
        sa.Column("lng", sa.Float),
        sa.Column("website", sa.Text),
        sa.Column("domain", sa.Text),
        sa.Column("parent_partner_id", sa.String(36)),
        sa.Column("channel_manager_id", sa.String(36)),
        sa.Column("accepts_leads", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("auto_accept", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("routing_weight", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("max_open_leads", sa.Integer),
        sa.Column("max_offers_per_day", sa.Integer),
        sa.Column("performance_score", sa.Float),
        sa.Column("languages", sa.Text),
        sa.Column("response_sla_hours", sa.Integer),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_account")),
        sa.ForeignKeyConstraint(["channel_manager_id"], ["vendor_user.id"], name=op.f("fk_partner_account_channel_manager_id")),
        _cyclic("parent_partner_id", "partner_account.id", "fk_partner_account_parent_partner_id"),
        sa.CheckConstraint(
            "partner_type IN ('reseller', 'distributor', 'isv', 'integrator', 'msp', 'referral', 'agent', 'other')",
            name=op.f("ck_partner_account_partner_type"),
        ),
        sa.CheckConstraint("routing_weight >= 0", name=op.f("ck_partner_account_routing_weight")),
        sa.CheckConstraint("status IN ('pending', 'active', 'inactive', 'terminated')", name=op.f("ck_partner_account_status")),
    )
    op.create_index(op.f("ix_partner_account_domain"), "partner_account", ["domain"])
    op.create_index(op.f("ix_partner_account_name_norm"), "partner_account", ["name_norm"])
    op.create_index(op.f("ix_partner_account_status_country_code"), "partner_account", ["status", "country_code"])


def _partner_user() -> None:
    op.create_table(
        "partner_user",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text),
        sa.Column("role", sa.Text, server_default="rep", nullable=False),
        sa.Column("status", sa.Text, server_default="active", nullable=False),
        sa.Column("receives_leads", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("timezone", sa.Text),
        sa.Column("locale", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_user")),
        sa.ForeignKeyConstraint(["partner_account_id"], ["partner_account.id"], name=op.f("fk_partner_user_partner_account_id")),
        sa.CheckConstraint("role IN ('cpa', 'rep', 'viewer')", name=op.f("ck_partner_user_role")),
        sa.CheckConstraint("status IN ('active', 'inactive', 'on_leave')", name=op.f("ck_partner_user_status")),
    )
    op.create_index(op.f("ix_partner_user_partner_account_id"), "partner_user", ["partner_account_id"])
    op.create_index(op.f("uq_partner_user_email"), "partner_user", [sa.text("lower(email)")], unique=True)


def _account() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_norm", sa.Text),
        sa.Column("account_class", sa.Text, server_default="prospect", nullable=False),
        sa.Column("website", sa.Text),
        sa.Column("domain", sa.Text),
        sa.Column("phone_e164", sa.Text),
        sa.Column("street", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("state_code", sa.Text),
        sa.Column("postal_code", sa.Text),
        sa.Column("country_code", sa.Text),
        sa.Column("industry_raw", sa.Text),
        sa.Column("industry_code", sa.Text),
        sa.Column("employees_raw", sa.Text),
        sa.Column("company_size_code", sa.Text),
        sa.Column("segment_code", sa.Text),
        sa.Column("annual_revenue", Money()),
        sa.Column("parent_account_id", sa.String(36)),
        sa.Column("owner_vendor_user_id", sa.String(36)),
        sa.Column("partner_account_id", sa.String(36)),
        sa.Column("crm_created_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.ForeignKeyConstraint(["owner_vendor_user_id"], ["vendor_user.id"], name=op.f("fk_account_owner_vendor_user_id")),
        sa.ForeignKeyConstraint(["partner_account_id"], ["partner_account.id"], name=op.f("fk_account_partner_account_id")),
        _cyclic("parent_account_id", "account.id", "fk_account_parent_account_id"),
        sa.CheckConstraint(
            "account_class IN ('customer', 'prospect', 'competitor', 'partner', 'other')", name=op.f("ck_account_account_class")
        ),
    )
    op.create_index(op.f("ix_account_country_code"), "account", ["country_code"])
    op.create_index(op.f("ix_account_domain"), "account", ["domain"])
    op.create_index(op.f("ix_account_name_norm"), "account", ["name_norm"])


def _account_domain() -> None:
    op.create_table(
        "account_domain",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, server_default="secondary", nullable=False),
        sa.Column("share", sa.Float),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_domain")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_domain_account_id")),
        sa.UniqueConstraint("account_id", "domain", name=op.f("uq_account_domain_account_id_domain")),
        sa.CheckConstraint(
            "kind IN ('primary', 'secondary', 'contact_derived', 'excluded')", name=op.f("ck_account_domain_kind")
        ),
    )
    op.create_index(op.f("ix_account_domain_domain"), "account_domain", ["domain"])


def _account_alias() -> None:
    op.create_table(
        "account_alias",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("alias_norm", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, server_default="manual", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_alias")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_alias_account_id")),
        sa.UniqueConstraint("account_id", "alias_norm", name=op.f("uq_account_alias_account_id_alias_norm")),
        sa.CheckConstraint("kind IN ('former', 'popular', 'ticker', 'merger', 'manual')", name=op.f("ck_account_alias_kind")),
    )
    op.create_index(op.f("ix_account_alias_alias_norm"), "account_alias", ["alias_norm"])


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("account_id", sa.String(36)),
        sa.Column("first_name", sa.Text),
        sa.Column("last_name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("email_norm", sa.Text),
        sa.Column("phone_e164", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("title_level_code", sa.Text),
        sa.Column("job_function_code", sa.Text),
        sa.Column("email_opt_out", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("do_not_call", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("consent_basis", sa.Text),
        sa.Column("consent_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_contact_account_id")),
    )
    op.create_index(op.f("ix_contact_account_id"), "contact", ["account_id"])
    op.create_index(op.f("ix_contact_email_norm"), "contact", ["email_norm"])
