"""The anomalies that a decision opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from centri.anomalies import Anomaly
from centri.engine.items import Chunk, Item
from centri.records import MISSING
from centri.sync import breaker
from centri.sync.link import LinkState, agreed
from centri.sync.merge import FieldDecision
from centri.sync.reconcile import Action, Decision

WAITING = (Action.WAIT, Action.REVIEW)
"""The record stays owed, and is decided on again at every settling."""

LEFT = "left_filter"
"""The anomaly that marks a linked record for as long as it does not meet the mapping's filter."""


def anomalies_of(item: Item, decision: Decision) -> Iterator[Anomaly]:
    """What is to be set aside: the whole record, or one anomaly for each field that is."""
    side = item.crm or item.prm
    if side is None:
        return
    base = Anomaly(
        "unknown",
        side.ref,
        decision.because,
        item.mapping.connection,
        item.mapping.entity,
        stage="settle",
        raw=dict(side.values),
        detail={"prm_id": item.prm.ref.id} if item.prm else {},
        mapping_version=item.mapping.sha,
    )
    if decision.action in (*WAITING, Action.HOLD) and decision.kind:
        detail = {**base.detail, **_alternating(decision)} if decision.kind == breaker.KIND else base.detail
        yield replace(base, kind=decision.kind, detail=detail)
        return
    if item.duplicate_of and decision.action is not Action.NOTHING:
        note = f"looks like {item.mapping.entity} {item.duplicate_of}: {item.because}"
        yield replace(base, kind="possible_duplicate", note=note, detail={"like": item.duplicate_of})
    if meets_filter(item) is False and item.link and item.link.state is not LinkState.MERGED:
        note = f"it no longer meets the mapping's filter; on_leave: {item.mapping.on_leave}"
        yield replace(base, kind=LEFT, note=note)
    for field in decision.fields:
        if field.kind:
            detail = {**base.detail, **_values(decision, field)}
            yield replace(base, kind=field.kind, note=field.because, field=field.field, detail=detail)


def meets_filter(item: Item) -> bool | None:
    """Whether a linked record that was just read still meets the mapping's filter; None of any other."""
    if item.link is None or item.staged is None or item.crm is None or item.crm.deleted:
        return None
    return item.mapping.where.passes(item.crm.values)


def homeless(chunk: Chunk) -> list[Anomaly]:
    """One anomaly for each record that no CRM is the home of; a note only waits until its parent is somewhere."""
    if chunk.entity == "note":
        return []
    note = "it belongs to no CRM, or to several, so it is born in none"
    return [
        Anomaly("no_home", row.ref, note, chunk.connection, chunk.entity, stage="settle", raw=dict(row.values))
        for row in chunk.homeless
    ]


def _alternating(decision: Decision) -> dict[str, Any]:
    """The fields that go back and forth, with what the CRM made of each and what it was to be told; until when it waits."""
    fields = {f.crm_field: {"crm": _plain(f.crm), "told": dict(f.told)} for f in decision.to_crm}
    over = breaker.until(decision.link) if decision.link else None
    return {"alternating": fields, "until": over.isoformat() if over else None}


def _values(decision: Decision, field: FieldDecision) -> dict[str, Any]:
    """What both sides hold, and what they held when they last agreed."""
    now = {"crm": _plain(field.crm), "prm": _plain(field.prm), "crm_as_prm": _plain(field.value)}
    if field.policy:
        now["policy"] = field.policy
    if decision.link is None:
        return now
    prm_then, crm_then = decision.link.prm_seen.get(field.field), decision.link.crm_seen.get(field.crm_field)
    return now | {"prm_before": agreed(prm_then), "crm_before": agreed(crm_then)}


def _plain(value: Any) -> Any:
    return None if value is MISSING else value
