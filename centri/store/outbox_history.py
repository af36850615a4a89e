"""Deliveries that were done, by the run that queued or sent them, and those that take one back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from centri.store.deliveries import UNSENT_STATES, Of, Queued, as_queued
from centri.store.journal_tables import sync_delivery, sync_run

UNDO = "undo"
"""The name of a run that takes another one back."""


@dataclass(frozen=True, slots=True)
class Done:
    """A delivery that the CRM took, and what it made of values where it made something else of them."""

    queued: Queued
    stored: Mapping[str, Any]


def entities(conn: Connection, refs: Collection[str]) -> set[str]:
    """The entities of which runs queued or sent deliveries."""
    return set(conn.execute(select(sync_delivery.c.entity).where(_of_runs(refs)).distinct()).scalars())


def done(conn: Connection, refs: Collection[str], entity: str, *, after: str, most: int) -> list[Done]:
    """What runs queued or sent, and the CRM took, in order of id from behind ``after``."""
    t = sync_delivery.c
    query = select(sync_delivery).where(_of_runs(refs), t.entity == entity, t.state == "done", t.id > after)
    rows = conn.execute(query.order_by(t.id).limit(most)).mappings()
    return [Done(as_queued(dict(row)), row["stored"] or {}) for row in rows]


def unsent(conn: Connection, connection: str, entity: str, prm_ids: Collection[str], *, undo: bool = False) -> dict[Of, Queued]:
    """What is on its way to a connection of PRM records; with ``undo`` only what takes an earlier write back."""
    t = sync_delivery.c
    query = select(sync_delivery).where(
        t.connection == connection, t.entity == entity, t.state.in_(UNSENT_STATES), t.prm_id.in_(prm_ids)
    )
    if undo:
        query = query.where(t.run_id.in_(select(sync_run.c.id).where(sync_run.c.name == UNDO)))
    found: Sequence[Mapping[str, Any]] = [dict(row) for row in conn.execute(query).mappings()] if prm_ids else []
    return {queued.of: queued for queued in map(as_queued, found)}


def _of_runs(refs: Collection[str]) -> ColumnElement[bool]:
    return or_(sync_delivery.c.run_id.in_(refs), sync_delivery.c.pushed_by.in_(refs))
