"""Route the leads that wait: gather what the rules look at, decide one after another, and have it carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from centri.engine.leaving import withdrawing
from centri.engine.project import Project
from centri.engine.routing_effects import carry_out
from centri.engine.set_aside import LEFT
from centri.errors import ConfigError
from centri.partners.lifecycle import LIVE
from centri.partners.placement import Distribution, Placement
from centri.partners.routing import route as decide
from centri.store import findings, routing_facts
from centri.store.database import read, write
from centri.store.partner_tables import routing_decision
from centri.store.prm_tables import lead, lead_assignment

Row = Mapping[str, Any]


@dataclass
class Routed:
    """What came of it. ``placements`` are told only where somebody asked to see them."""

    leads: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    placements: list[tuple[Row, Placement]] = field(default_factory=list)

    def count(self, placement: Placement) -> None:
        self.leads += 1
        aim = placement.outcome.aim.value
        self.outcomes[aim] = self.outcomes.get(aim, 0) + 1


def route_leads(project: Project, ids: Sequence[str] | None = None, *, everything: bool = False, plan: bool = False) -> Routed:
    """Route the leads that wait, or these; with ``plan`` nothing is written, and each placement is told.

    A lead that a rule has sent to a queue waits until it, or the mapping, changes; ``everything`` asks the rules anew of these
    too. Raises ConfigError where the mapping has no rules.
    """
    if not project.mapping.routing.rule_sets:
        raise ConfigError("the mapping does not say how leads are routed: add rules under `routing:`")
    done, after = Routed(), ("", "")
    shared: Distribution | None = None
    while True:
        with read(project.engine) if plan else write(project.engine) as conn:
            leads = _waiting(conn, project, ids, everything=everything, after=after, lock=not plan)
            shared = _distribution(conn, project, shared, plan=plan)
            placed = _placed(conn, project, leads, shared)
            if placed and not plan:
                carry_out(conn, project, placed, shared)
        for _, placement in placed:
            done.count(placement)
        done.placements += placed if plan or ids else []
        if not leads:
            return done
        after = (leads[-1]["received_at"], leads[-1]["id"])


def _waiting(
    conn: Connection, project: Project, ids: Sequence[str] | None, *, everything: bool, after: tuple[Any, str], lock: bool
) -> list[dict[str, Any]]:
    """A chunk of leads that nobody holds and nobody named a partner for, behind the one before, the oldest first."""
    t, live = lead.c, lead_assignment.c
    held = select(live.id).where(live.lead_id == t.id, live.state.in_(LIVE))
    query = (
        select(lead)
        .where(t.state.in_(("ready", "recycled")), t.deleted_at.is_(None), t.target_partner_id.is_(None))
        .where(~held.exists(), ~findings.open_about("lead", LEFT, t.id, connections=withdrawing(project)))
        .order_by(t.received_at, t.id)
        .limit(project.settings.chunk_size)
    )
    if lock:
        query = query.with_for_update()
    if ids is not None:
        query = query.where(t.id.in_(ids))
    if not everything and ids is None:
        query = query.where(~_decided(project.mapping.sha))
    if after[1]:
        query = query.where(or_(t.received_at > after[0], and_(t.received_at == after[0], t.id > after[1])))
    return [dict(row) for row in conn.execute(query).mappings()]


def _decided(sha: str) -> ColumnElement[bool]:
    """The rules that there are have been asked since the lead last changed, or was last handed back."""
    d = routing_decision.c
    same = (d.lead_id == lead.c.id, d.lead_revision == lead.c.revision, d.mapping_sha == sha)
    return select(d.id).where(*same, ~_handed()).exists()


def _handed() -> ColumnElement[bool]:
    """An assignment came of the decision, and is over by now: the lead is to be routed again."""
    return select(lead_assignment.c.id).where(lead_assignment.c.decision_id == routing_decision.c.id).exists()


def _placed(conn: Connection, project: Project, leads: Sequence[Row], shared: Distribution) -> list[tuple[Row, Placement]]:
    """What becomes of a chunk of leads, one after another."""
    now, ids = project.now(), [row["id"] for row in leads]
    facts, ended = routing_facts.leads(conn, leads, now), routing_facts.ended(conn, ids)
    placed = []
    for row in leads:
        decision = decide(shared.routing, facts[row["id"]], shared.partners)
        placed.append((row, shared.place(decision, now, ended.get(row["id"]))))
    return placed


def _distribution(conn: Connection, project: Project, before: Distribution | None, *, plan: bool) -> Distribution:
    """Whose turn it is in each pool, and what partners have by now; what partners are is read once.

    A plan goes on with what it remembers from the chunk ``before``, since the store has nothing of that.
    """
    if plan and before:
        return before
    partners = before.partners if before else routing_facts.partners(conn, project.now())
    choices = before.choices if before else {}
    turns, loads = routing_facts.turns_of(conn, lock=not plan), routing_facts.loads(conn, project.now())
    return Distribution(project.mapping.routing, partners, turns, loads, choices)
