"""Leads that have left the mapping's filter are taken back from their partners, where the mapping says so."""

from __future__ import annotations

from sqlalchemy import select

from centri.engine.acts import Act, acting
from centri.engine.distribution_acts import take_back
from centri.engine.project import Project
from centri.engine.set_aside import LEFT
from centri.partners.lifecycle import LIVE
from centri.store import findings
from centri.store.database import read
from centri.store.prm_tables import lead_assignment
from centri.sync.filters import OnLeave


def withdrawing(project: Project) -> list[str]:
    """The connections whose leads come back when they leave the filter, and are offered to nobody until they meet it again."""
    return [m.connection for m in project.mapping.mappings if m.entity == "lead" and m.on_leave is OnLeave.WITHDRAW]


def withdraw_left(project: Project, connection: str) -> int:
    """Take every lead that has left the filter back from the partner that holds it or is asked. Answers how many came back."""
    if connection not in withdrawing(project):
        return 0
    t = lead_assignment.c
    left = findings.open_about("lead", LEFT, t.lead_id, connections=[connection])
    with read(project.engine) as conn:
        found = [(row.id, row.lead_id) for row in conn.execute(select(t.id, t.lead_id).where(t.state.in_(LIVE), left))]
    back = 0
    for assignment, lead in found:
        with acting(project, "on_leave", None, cause="rule") as act:
            back += _withdraw(act, assignment, lead, f"left the filter of {connection}")
    return back


def _withdraw(act: Act, assignment_id: str, lead_id: str, why: str) -> bool:
    """Unless it is over meanwhile. What was accepted stays written down as accepted."""
    lead = act.row("lead", lead_id)
    assignment = act.row("lead_assignment", assignment_id)
    if assignment["state"] not in LIVE:
        return False
    take_back(act, lead, assignment, why)
    return True
