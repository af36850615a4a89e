"""Why the engine did with a field of a case what it did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from centri.engine.case_world import Names
from centri.engine.decide import Decided
from centri.engine.rehearsal import Rehearsal
from centri.mappings.cases import NAMED
from centri.store.database import read
from centri.store.prm_tables import audit_log


@dataclass(frozen=True)
class Reasons:
    """Looks reasons up in the decisions that were made, and in the audit where a rule had the last word."""

    rehearsal: Rehearsal
    decided: Sequence[Decided]
    names: Names

    def __call__(self, kind: str, name: str, field: str) -> str:
        """The reason for a field of a row (``kind`` is its entity) or of a CRM record (CONNECTION/OBJECT); else for all of it."""
        return str(self.names.value(self._ruled(kind, name, field) or self._decided(kind, name, field)))

    def _decided(self, kind: str, name: str, field: str) -> str:
        mine = [pair for pair in self.decided if name in self._called(pair, kind)]
        fields = [f for _, d in mine for f in d.fields if field == (f.crm_field if "/" in kind else f.field)]
        telling = [f for f in fields if f.to_prm or f.to_crm or f.kind] or fields
        if telling:
            return telling[-1].because
        return f"{mine[-1][1].action}: {mine[-1][1].because}" if mine else "nothing was decided about it"

    def _called(self, pair: Decided, kind: str) -> Iterator[str]:
        """What the case calls the row, or the CRM record, that was decided on."""
        item, decision = pair
        if "/" not in kind:
            if kind == item.mapping.entity:
                yield from (self.names.rows.get(side.ref.id, side.ref.id) for side in (decision.prm, decision.crm) if side)
        elif kind == f"{item.mapping.connection}/{item.mapping.object}":
            if decision.crm:
                yield self.names.of_record(*decision.crm.ref)
            elif decision.prm:
                yield f"{NAMED}{self.names.rows.get(decision.prm.ref.id)}"

    def _ruled(self, kind: str, name: str, field: str) -> str:
        """The rule that wrote a PRM field last, where it was one."""
        ids = [id for id, known in self.names.rows.items() if known == name]
        t = audit_log.c
        last = select(t.cause_type, t.actor, t.old, t.new).where(t.entity == kind, t.entity_id.in_(ids), t.field == field)
        with read(self.rehearsal.project.engine) as conn:
            row = conn.execute(last.order_by(t.id.desc()).limit(1)).first()
        return f"{row.actor} changed it from {row.old!r} to {row.new!r}" if row and row.cause_type == "rule" else ""
