"""What matching keeps: changed companies, what was said of leads, what people decided; accounts that partners protect.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from centri.store.tables import SERIAL, Json, UtcDateTime, new_id, utc_now

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _match_change()
    _match_state()
    _lead_match()
    _match_override()
    _match_decision()
    _named_account()


def _match_change() -> None:
    op.create_table(
        "match_change",
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("prm_id", sa.String(36), nullable=False),
        sa.Column("mark", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("entity", "prm_id", name=op.f("pk_match_change")),
    )
    op.create_index(op.f("ix_match_change_mark"), "match_change", ["mark"])


def _match_state() -> None:
    op.create_table(
        "match_state",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mark", sa.BigInteger),
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_match_state")),
    )


def _lead_match() -> None:
    op.create_table(
        "lead_match",
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("candidate", sa.Text),
        sa.Column("runner_up", sa.Text),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("code", sa.Text),
        sa.Column("because", sa.Text),
        sa.Column("company_class", sa.Text),
        sa.Column("names_version", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("mapping_sha", sa.Text),
        sa.Column("tied", Json(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_lead_match")),
        sa.CheckConstraint("verdict IN ('match', 'review', 'none')", name=op.f("ck_lead_match_verdict")),
    )
    op.create_index(op.f("ix_lead_match_candidate"), "lead_match", ["candidate"])
    op.create_index(op.f("ix_lead_match_verdict"), "lead_match", ["verdict"])


def _match_override() -> None:
    op.create_table(
        "match_override",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("company", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_override")),
        sa.UniqueConstraint("kind", "key", "company", name=op.f("uq_match_override_kind_key_company")),
        sa.CheckConstraint("kind IN ('lead', 'email', 'domain', 'name')", name=op.f("ck_match_override_kind")),
        sa.CheckConstraint("verdict IN ('always', 'never')", name=op.f("ck_match_override_verdict")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_match_override_company"), "match_override", ["company"])


def _match_decision() -> None:
    op.create_table(
        "match_decision",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("company", sa.Text),
        sa.Column("right", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("lead", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_decision")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_match_decision_lead_id"), "match_decision", ["lead_id"])


def _named_account() -> None:
    op.create_table(
        "named_account",
        sa.Column("id", sa.String(36), server_default=new_id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("created_by", sa.Text),
        sa.Column("updated_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("updated_by", sa.Text),
        sa.Column("revision", sa.Integer, server_default=sa.text("1"), nullable=False),
        sa.Column("deleted_at", UtcDateTime()),
        sa.Column("origin", sa.Text, server_default="prm", nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("partner_user_id", sa.String(36)),
        sa.Column("protection", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("product_family", sa.Text, server_default="*", nullable=False),
        sa.Column("valid_from", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("valid_to", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_named_account")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_named_account_account_id")),
        sa.ForeignKeyConstraint(["partner_account_id"], ["partner_account.id"], name=op.f("fk_named_account_partner_account_id")),
        sa.ForeignKeyConstraint(["partner_user_id"], ["partner_user.id"], name=op.f("fk_named_account_partner_user_id")),
        sa.CheckConstraint("protection IN ('exclusive', 'shared')", name=op.f("ck_named_account_protection")),
        sa.CheckConstraint(
            "reason IN ('contract', 'program', 'product', 'qualification', 'territory', 'end_user_request')",
            name=op.f("ck_named_account_reason"),
        ),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_named_account_valid")),
    )
    protected = sa.text("protection = 'exclusive' AND valid_to IS NULL")
    op.create_index(
        "uq_named_account_exclusive", "named_account", ["account_id", "product_family"], unique=True,
        sqlite_where=protected, postgresql_where=protected,
    )  # fmt: skip
    op.create_index(op.f("ix_named_account_account_id"), "named_account", ["account_id"])
    op.create_index(op.f("ix_named_account_partner_account_id"), "named_account", ["partner_account_id"])
