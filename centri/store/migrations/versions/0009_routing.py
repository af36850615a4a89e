"""Whose turn it is, why leads went where they went, and who may see what.

There is no way back but a copy of the database made before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from centri.store.tables import Json, UtcDateTime, new_id, utc_now

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("ALTER TABLE lead_assignment RENAME COLUMN pool_id TO pool")
    _partner_competency()
    _partner_territory()
    _pool_member()
    _routing_decision()
    _record_access()
    _seen_so_far()


def _seen_so_far() -> None:
    """What partners hold or are offered by now they go on seeing."""
    grant = (
        "INSERT INTO record_access (subject_type, subject_id, principal_type, principal_id, level, reason, created_by) "
        "SELECT {subject}, {id}, {who}, {whom}, {level}, {reason}, 'migration' FROM {found}"
    )
    held = "lead_assignment WHERE state IN ('accepted', 'retained', 'completed')"
    offered = (
        "lead_offer o JOIN lead_assignment a ON a.id = o.assignment_id "
        "WHERE a.state = 'offered' AND o.state IN ('offered', 'viewed')"
    )
    leads, partners, people = "'lead'", "'partner_account'", "'partner_user'"
    owner: dict[str, str] = {"level": "'write'", "reason": "'owner'"}
    mine, person = "partner_account_id", "partner_user_id"
    given = (
        {"subject": leads, "id": "lead_id", "who": partners, "whom": mine, "found": f"{held} AND {mine} IS NOT NULL", **owner},
        {"subject": leads, "id": "lead_id", "who": people, "whom": person, "found": f"{held} AND {person} IS NOT NULL", **owner},
        {"subject": leads, "id": "a.lead_id", "who": partners, "whom": f"o.{mine}", "found": offered}
        | {"level": "'offer'", "reason": "'offer'"},
        {"subject": "'opportunity'", "id": "id", "who": partners, "whom": mine, "found": f"opportunity WHERE {mine} IS NOT NULL"}
        | owner,
        {
            "subject": "'opportunity'",
            "id": "id",
            "who": people,
            "whom": person,
            "found": f"opportunity WHERE {person} IS NOT NULL",
        }
        | owner,
    )
    for one in given:
        op.execute(grant.format(**one))


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


def _partner_competency() -> None:
    op.create_table(
        "partner_competency",
        *_common(),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("competency_code", sa.Text, nullable=False),
        sa.Column("level", sa.Text),
        sa.Column("valid_until", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_competency")),
        sa.ForeignKeyConstraint(
            ["partner_account_id"], ["partner_account.id"], name=op.f("fk_partner_competency_partner_account_id")
        ),
        sa.UniqueConstraint(
            "partner_account_id", "competency_code", name=op.f("uq_partner_competency_partner_account_id_competency_code")
        ),
    )


def _partner_territory() -> None:
    op.create_table(
        "partner_territory",
        *_common(),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("territory_code", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_territory")),
        sa.ForeignKeyConstraint(
            ["partner_account_id"], ["partner_account.id"], name=op.f("fk_partner_territory_partner_account_id")
        ),
        sa.UniqueConstraint(
            "partner_account_id", "territory_code", name=op.f("uq_partner_territory_partner_account_id_territory_code")
        ),
    )
    op.create_index(op.f("ix_partner_territory_territory_code"), "partner_territory", ["territory_code"])


def _pool_member() -> None:
    op.create_table(
        "pool_member",
        *_common(),
        sa.Column("pool", sa.Text, nullable=False),
        sa.Column("partner_account_id", sa.String(36), nullable=False),
        sa.Column("paused", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("credit", sa.Float, server_default="0", nullable=False),
        sa.Column("owed", sa.Integer),
        sa.Column("given", sa.Integer),
        sa.Column("last_given_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pool_member")),
        sa.ForeignKeyConstraint(["partner_account_id"], ["partner_account.id"], name=op.f("fk_pool_member_partner_account_id")),
        sa.UniqueConstraint("pool", "partner_account_id", name=op.f("uq_pool_member_pool_partner_account_id")),
    )


def _routing_decision() -> None:
    op.create_table(
        "routing_decision",
        *_common(),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("lead_revision", sa.Integer, server_default="0", nullable=False),
        sa.Column("decided_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("mapping_sha", sa.Text),
        sa.Column("inputs", Json(), nullable=False),
        sa.Column("trace", Json(), nullable=False),
        sa.Column("rule", sa.Text),
        sa.Column("outcome", Json(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_decision")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_routing_decision_lead_id")),
    )
    op.create_index(op.f("ix_routing_decision_lead_id_decided_at"), "routing_decision", ["lead_id", "decided_at"])


def _record_access() -> None:
    op.create_table(
        "record_access",
        *_common(),
        sa.Column("subject_type", sa.Text, nullable=False),
        sa.Column("subject_id", sa.String(36), nullable=False),
        sa.Column("principal_type", sa.Text, nullable=False),
        sa.Column("principal_id", sa.String(36), nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("granted_at", UtcDateTime(), server_default=utc_now(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_access")),
        sa.CheckConstraint(
            "subject_type IN ('lead', 'opportunity', 'deal', 'account', 'contact')", name=op.f("ck_record_access_subject_type")
        ),
        sa.CheckConstraint("principal_type IN ('partner_account', 'partner_user')", name=op.f("ck_record_access_principal_type")),
        sa.CheckConstraint("level IN ('offer', 'read', 'write')", name=op.f("ck_record_access_level")),
        sa.CheckConstraint(
            "reason IN ('owner', 'cpa', 'originator', 'offer', 'grant', 'registered')", name=op.f("ck_record_access_reason")
        ),
    )
    op.create_index(op.f("ix_record_access_principal_id_subject_type"), "record_access", ["principal_id", "subject_type"])
    where = sa.text("revoked_at IS NULL")
    op.create_index(
        "uq_record_access_standing",
        "record_access",
        ["subject_type", "subject_id", "principal_type", "principal_id", "reason"],
        unique=True,
        postgresql_where=where,
        sqlite_where=where,
    )
