"""What happens because time has passed: offers that nobody answered lapse."""

from __future__ import annotations

from sqlalchemy import select

from centri.engine.acts import Act, acting
from centri.engine.assignment_acts import exclude, offers, recycle
from centri.engine.project import Project
from centri.store.database import read
from centri.store.prm_tables import lead_assignment


def tick(project: Project) -> int:
    """End every offer whose time to accept is over, and hand its lead back to distribution. Answers how many ended."""
    t = lead_assignment.c
    with read(project.engine) as conn:
        overdue = select(t.id, t.lead_id).where(t.state == "offered", t.accept_by < project.now()).order_by(t.accept_by, t.id)
        found = [(row.id, row.lead_id) for row in conn.execute(overdue)]
    ended = 0
    for assignment, lead in found:
        with acting(project, "tick", None, cause="timer") as act:
            ended += _expire(act, assignment, lead)
    return ended


def _expire(act: Act, assignment_id: str, lead_id: str) -> bool:
    """Unless somebody answered meanwhile. Partners that let it lapse are not asked about this lead again."""
    lead = act.row("lead", lead_id)
    assignment = act.row("lead_assignment", assignment_id)
    if assignment["state"] != "offered":
        return False
    for offer in offers(act, assignment):
        act.change("lead_offer", offer["id"], {"state": "expired"})
        exclude(act, lead_id, offer["partner_account_id"], "accept_timeout")
    act.change("lead_assignment", assignment_id, {"state": "expired", "ended_at": act.now, "end_reason": "not accepted in time"})
    recycle(act, lead, "not accepted in time")
    return True
