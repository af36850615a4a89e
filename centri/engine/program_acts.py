"""Programmes: what they promise and require, and which partners have joined them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, func, or_, select

from centri.engine.acts import Act, Row, acting
from centri.engine.project import Project
from centri.errors import Rejected
from centri.mappings.words import near
from centri.partners.deals import CONDITIONS, REQUIRABLE
from centri.store.database import read
from centri.store.partner_tables import program, program_enrollment
from centri.store.prm_tables import partner_account

FIELDS = (
    "kind", "name", "benefits", "required_fields", "protection_days", "response_hours", "extension_policy", "extension_days",
    "resubmissions", "auto_approve_when", "margin_pct", "proof_required", "active",
)  # fmt: skip
"""What can be said of a programme, beside its code."""

_COUNTS = ("protection_days", "response_hours", "extension_days", "resubmissions")
_MANAGERS = ("channel_manager", "ops")


def create_program(project: Project, actor: str | None, code: str, values: Mapping[str, Any]) -> str:
    """A new programme, or new terms of the one with this code; answers its id. Raises Rejected.

    ``values`` are those of :data:`FIELDS`. New terms hold for what is submitted, approved or extended from now on.
    """
    given = _checked(values)
    with acting(project, "program create", actor) as act:
        act.only_vendor(*_MANAGERS)
        known = _by_code(act.conn, code)
        if known is None:
            return act.add("program", {"code": code, **given})
        act.change("program", known["id"], given)
        return str(known["id"])


def enroll(project: Project, actor: str | None, code: str, partner: str, status: str = "active") -> str:
    """Let a partner, by id or name, take part in a programme, or end or suspend that. Answers the enrolment's id."""
    _one_of("status", status, program_enrollment.c.status.info["choices"])
    with acting(project, "program enroll", actor) as act:
        act.only_vendor(*_MANAGERS)
        joined, whom = program_called(act.conn, code), partner_called(act.conn, partner)
        t = program_enrollment.c
        same = (t.program_id == joined["id"], t.partner_account_id == whom["id"])
        known = act.conn.execute(select(t.id, t.signed_at).where(*same)).first()
        signed = {"signed_at": (known.signed_at if known else None) or act.now} if status == "active" else {}
        if known is None:
            about = {"program_id": joined["id"], "partner_account_id": whom["id"]}
            return act.add("program_enrollment", {**about, "status": status, **signed})
        act.change("program_enrollment", known.id, {"status": status, **signed})
        return str(known.id)


def programs(project: Project) -> list[Row]:
    """All programmes, each with ``partners``: how many take part."""
    e = program_enrollment.c
    partners = select(func.count()).where(e.program_id == program.c.id, e.status == "active").scalar_subquery()
    query = select(program, partners.label("partners")).where(program.c.deleted_at.is_(None)).order_by(program.c.code)
    with read(project.engine) as conn:
        return [dict(row) for row in conn.execute(query).mappings()]


def program_called(conn: Connection, code: str) -> Row:
    """The programme with this code. Raises Rejected where there is none."""
    if found := _by_code(conn, code):
        return found
    known = sorted(conn.execute(select(program.c.code).where(program.c.deleted_at.is_(None))).scalars())
    there = f"; there are {', '.join(known)}" if known else "; `centri program create` makes one"
    raise Rejected("validation", f"there is no programme {code!r}{near(code, known)}{there}")


def partner_called(conn: Connection, whom: str) -> Row:
    """The partner with this id or name. Raises Rejected where there is none, or there are several."""
    t = partner_account.c
    same = or_(t.id == whom, func.lower(t.name) == whom.lower())
    found = conn.execute(select(partner_account).where(same, t.deleted_at.is_(None))).mappings().all()
    if len(found) != 1:
        why = "several partners are called" if found else "there is no partner"
        raise Rejected("validation", f"{why} {whom!r}; give its id")
    return dict(found[0])


def require_enrolled(act: Act, program: Row, partner_id: str) -> None:
    """Raises Rejected where the partner takes no part in the programme now, or the programme is over."""
    if not program["active"] or program["kind"] != "deal_registration":
        raise Rejected("validation", f"programme {program['code']} takes no registrations of deals")
    t = program_enrollment.c
    mine = (t.program_id == program["id"], t.partner_account_id == partner_id, t.deleted_at.is_(None))
    status = act.conn.execute(select(t.status).where(*mine)).scalar()
    if status != "active":
        how = "not enrolled" if status is None else f"enrolled as {status}"
        raise Rejected("permission", f"the partner is {how} in programme {program['code']}; a channel manager enrolls it")


def _by_code(conn: Connection, code: str) -> Row | None:
    t = program.c
    found = conn.execute(select(program).where(t.code == code, t.deleted_at.is_(None))).mappings().first()
    return dict(found) if found else None


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(values) - set(FIELDS)):
        raise Rejected(
            "validation", f"{', '.join(unknown)}: not a term of a programme; there are {', '.join(FIELDS)}", fields=unknown
        )
    for field, known in (("required_fields", tuple(REQUIRABLE)), ("auto_approve_when", CONDITIONS)):
        for word in values.get(field) or ():
            _one_of(field, word, known)
    for field in ("kind", "extension_policy"):
        if field in values:
            _one_of(field, values[field], program.c[field].info["choices"])
    for field in _COUNTS:
        if values.get(field) is not None and values[field] < 0:
            raise Rejected("validation", f"{field}: {values[field]} is less than nothing", fields=(field,))
    return dict(values)


def _one_of(field: str, word: str, known: tuple[str, ...]) -> None:
    if word not in known:
        raise Rejected("validation", f"{field}: no {word!r}{near(word, known)}; there are {', '.join(known)}", fields=(field,))
