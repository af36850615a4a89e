"""What partners bring in themselves: leads, and notes on what they work on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from centri.engine import entries, sight
from centri.engine.acts import Act, acting
from centri.engine.assignment_acts import held
from centri.engine.project import Project
from centri.errors import Rejected
from centri.store import access
from centri.store.access import Grant

_SOURCE = "Partner"
"""The lead source of what partners bring in, in the words of both CRMs."""

PARENTS = ("lead", "opportunity", "account", "contact")


def create_lead(project: Project, actor: str, values: Mapping[str, Any]) -> str:
    """A lead that a partner found itself, and works on at once; answers its id.

    ``values`` by PRM field, see :data:`centri.engine.entries.LEAD`. Raises Rejected.
    """
    entered = entries.lead(values)
    with acting(project, "lead create", actor) as act:
        return bring_in(act, entered)


def bring_in(act: Act, entered: Mapping[str, Any]) -> str:
    """A lead of whoever acts, in the PRM's form. Raises Rejected where he is none of a partner's people."""
    if act.user is None or act.user["role"] == "viewer":
        raise Rejected("permission", f"only a partner's people bring in leads of their own, and {act.actor} is none")
    partner = act.user["partner_account_id"]
    source = {"source_kind": "partner", "sourced_by_partner_id": partner, "lead_source": _SOURCE}
    times = {"first_assigned_at": act.now, "first_response_at": act.now}
    lead = act.add("lead", {**entered, **source, **times, "state": "working"})
    whose = {"partner_account_id": partner, "partner_user_id": act.user["id"]}
    assignment = {"lead_id": lead, "seq": 1, "kind": "internal", "state": "accepted", "accepted_at": act.now, **whose}
    act.change("lead_assignment", act.add("lead_assignment", assignment), {"state": "retained", "retained_at": act.now})
    mine = [Grant("lead", lead, "partner_account", partner, "write", "owner")]
    mine.append(Grant("lead", lead, "partner_user", act.user["id"], "write", "owner"))
    access.grant(act.conn, mine, now=act.now, by=act.actor)
    return lead


def add_note(project: Project, parent: str, actor: str | None, subject: str, body: str = "", *, visibility: str = "both") -> str:
    """A note on a record, named ``lead/<id>``, ``opportunity/<id>``, ...; answers its id.

    ``visibility`` is ``both``, or ``partner`` for what the vendor is not to read. Raises Rejected.
    """
    with acting(project, "note add", actor) as act:
        entity, _, id = parent.partition("/")
        if entity not in PARENTS:
            raise Rejected("validation", f"{parent!r} names no record; notes stand on {', '.join(PARENTS)}, as in lead/<id>")
        _may_write(act, entity, id)
        who = {"author_type": "partner_user" if act.user else "engine", "author_id": act.user["id"] if act.user else None}
        text = {"subject": subject, "body": body or None, "visibility": visibility}
        return act.add("note", {"parent_type": entity, "parent_id": id, **text, **who})


def _may_write(act: Act, entity: str, id: str) -> None:
    if entity == "opportunity":
        sight.seen(act, "opportunity", id)
        return
    row = act.row(entity, id)
    if entity == "lead" and row["state"] != "converted":
        held(act, id)
