"""A plan in words: what would change, on which side, and because of what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from centri.records import MISSING
from centri.sync.merge import FieldDecision
from centri.sync.plan import Plan
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision
from centri.sync.references import pending

_MARKS = {
    Action.CREATE_IN_PRM: "+",
    Action.CREATE_IN_CRM: "+",
    Action.ADOPT: "=",
    Action.UPDATE: "~",
    Action.UNLINK: "-",
    Action.DELETE_IN_PRM: "-",
}


def explain(plan: Plan, *, most: int = 20) -> str:
    """The plan as text for a terminal: a line of counts, then up to ``most`` records that change, field by field."""
    counts = plan.counts
    head = (
        f"{plan.connection} {plan.entity}   read {counts.read}   unchanged {counts.unchanged}   to PRM {counts.to_prm}"
        f"   to CRM {counts.to_crm}   new {counts.created}   held {counts.held}   waiting {counts.waiting}"
    )
    changing = [
        d for d in plan if d.action is not Action.NOTHING and (d.to_prm or d.to_crm or d.held or d.action is not Action.UPDATE)
    ]
    lines = [head, *(line for d in changing[:most] for line in _record(plan, d))]
    if len(changing) > most:
        lines.append(f"  ... and {len(changing) - most} more")
    return "\n".join(lines)


def _record(plan: Plan, decision: Decision) -> Iterator[str]:
    mark = "!" if decision.held else _MARKS.get(decision.action, "!")
    crm = decision.crm.ref.id if decision.crm else "(new)"
    prm = decision.prm.ref.id[:8] if decision.prm else "(new)"
    yield f"  {mark} {plan.object} {crm}  {plan.entity} {prm}  {decision.action}: {decision.because}"
    for field in decision.fields:
        if field.take is Take.HOLD or (_changes(field) and (field.to_prm or field.to_crm)):
            yield f"      {_field(field)}"


def _changes(field: FieldDecision) -> bool:
    """Whether a person sees a difference: a new record's blank fields are none."""
    blank = (None, MISSING)
    if field.to_crm:
        return field.crm not in blank or any(v is not None for v in field.told.values())
    return not (field.prm in blank and field.value in blank)


def _field(field: FieldDecision) -> str:
    if field.take is Take.HOLD:
        return f"{field.field:<18} {_show(field.crm)} | {_show(field.prm)}   held   {field.because}"
    if field.take is Take.MERGED:
        return f"{field.field:<18} {_show(field.crm)} | {_show(field.prm)} -> {_show(field.value)}   to both   {field.because}"
    if field.to_crm:
        told = ", ".join(_show(v) for v in field.told.values())
        return f"{field.field:<18} {_show(field.crm)} <- {told}   to CRM   {field.because}"
    return f"{field.field:<18} {_show(field.prm)} -> {_show(field.value)}   to PRM   {field.because}"


def _show(value: Any) -> str:
    if value is MISSING or value is None:
        return "(blank)"
    if parent := pending(value):
        return f"(the {parent[0].replace('_', ' ')} that goes before it)"
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:37] + "..."
