"""The anomalies that a decision opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from centri.anomalies import Anomaly
from centri.engine.items import Chunk, Item
from centri.records import MISSING
from centri.sync.link import agreed
from centri.sync.merge import FieldDecision
from centri.sync.reconcile import Action, Decision

WAITING = (Action.WAIT, Action.REVIEW)
"""The record stays owed, and is decided on again at every settling."""


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
        yield replace(base, kind=decision.kind)
        return
    if item.duplicate_of:
        note = f"looks like {item.mapping.entity} {item.duplicate_of}: {item.because}"
        yield replace(base, kind="possible_duplicate", note=note, detail={"like": item.duplicate_of})
    if item.link and item.staged and item.crm and not item.crm.deleted and not item.mapping.where.passes(item.crm.values):
        note = "it no longer meets the mapping's filter, and stays in step"
        yield replace(base, kind="left_filter", note=note)
    for field in decision.fields:
        if field.kind:
            detail = {**base.detail, **_values(decision, field)}
            yield replace(base, kind=field.kind, note=field.because, field=field.field, detail=detail)


def homeless(chunk: Chunk) -> list[Anomaly]:
    """One anomaly for each record that no CRM is the home of; a note only waits until its parent is somewhere."""
    if chunk.entity == "note":
        return []
    note = "it belongs to no CRM, or to several, so it is born in none"
    return [
        Anomaly("no_home", row.ref, note, chunk.connection, chunk.entity, stage="settle", raw=dict(row.values))
        for row in chunk.homeless
    ]


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
