"""What one CRM record is to be told in one call, and what a push did with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import groupby
from typing import Any
from zlib import crc32

from sqlalchemy import Connection

from centri.store import links, prm
from centri.store.deliveries import Queued
from centri.sync.delivery import Delivery
from centri.sync.references import Standing, pending, resolve

_RETRY_FIRST, _RETRY_MOST = timedelta(seconds=30), timedelta(hours=1)


@dataclass(slots=True)
class Pushed:
    """What a push did: records written and created by entity, and what was not.

    ``read_only`` counts deliveries that wait because the connection is not armed; ``postponed`` says which budget keeps
    retries waiting while the rest went on.
    """

    connection: str
    object: str
    written: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    later: int = 0
    waiting: int = 0
    read_only: int = 0
    rejected: int = 0
    api_calls: int = 0
    seconds: float = 0.0
    unreachable: str = ""
    daily_limit: bool = False
    postponed: str = ""
    said: dict[str, str] = field(default_factory=dict)
    """What the CRM said of the connection as a whole, by anomaly kind."""

    @property
    def status(self) -> str:
        """How it ended: ``failed`` where the CRM was not there for it, ``partial`` where it did not take everything."""
        return "failed" if self.unreachable else "partial" if self.rejected or self.later else "ok"

    @property
    def counters(self) -> dict[str, Any]:
        """The counts, as a run records them."""
        counted = {"written": dict(self.written), "created": dict(self.created)}
        others = ("moved", "later", "waiting", "read_only", "rejected", "api_calls")
        return counted | {name: getattr(self, name) for name in others}


@dataclass(frozen=True, slots=True)
class Parcel:
    """All that one CRM record is to be told in one call: the parts of several links, or the birth of one record."""

    parts: Sequence[Queued]
    delivery: Delivery


def parcels(conn: Connection, queued: Sequence[Queued]) -> tuple[list[Parcel], list[str]]:
    """What can be sent now, and the ids of what waits for a parent."""
    resolved = with_parents(conn, queued)
    waiting = [q.id for q in resolved if any(pending(v) for v in q.values.values())]
    ready = sorted((q for q in resolved if q.id not in set(waiting)), key=lambda q: (q.crm_id or "", q.id))
    parcels = []
    for crm_id, parts in groupby(ready, key=lambda q: q.crm_id or q.id):
        parcels.append(_parcel(crm_id, list(parts)))
    return parcels, waiting


def _parcel(crm_id: str, parts: Sequence[Queued]) -> Parcel:
    first = parts[0]
    values: dict[str, Any] = {}
    seen: dict[str, Any] = {}
    for part in parts:
        values |= part.values
        seen |= part.seen
    key, attempts = first.key, max(p.attempts for p in parts)
    return Parcel(parts, Delivery(first.id, first.object, first.crm_id, values, first.expected, seen, key, attempts))


def with_parents(conn: Connection, queued: Sequence[Queued]) -> list[Queued]:
    """Replace the marks of parents by what stands for them in the CRM, where something does by now."""
    wanted: dict[str, set[str]] = {}
    for q in queued:
        for value in q.values.values():
            if parent := pending(value):
                wanted.setdefault(parent[0], set()).add(parent[1])
    if not wanted:
        return list(queued)
    known = _standing(conn, queued[0].connection, wanted)
    return [replace(q, values={name: resolve(value, known) for name, value in q.values.items()}) for q in queued]


def _standing(conn: Connection, connection: str, wanted: Mapping[str, set[str]]) -> dict[tuple[str, str], Standing]:
    """What stands for PRM records. A converted lead that the CRM never had is stood for by its opportunity."""
    known = links.standing(conn, connection, wanted)
    became = prm.converted(conn, {i for i in wanted.get("lead", set()) if ("lead", i) not in known})
    instead = links.standing(conn, connection, {"opportunity": set(became.values())})
    return known | {("lead", i): instead["opportunity", o] for i, o in became.items() if ("opportunity", o) in instead}


def backoff(delivery_id: str, attempts: int) -> timedelta:
    """How long to leave a delivery alone after so many tries: up to half a minute at first, doubling to an hour.

    Between half of that time and all of it, by the delivery and the try, so that what failed together does not come back
    together. The same delivery waits as long after the same try.
    """
    most = min(_RETRY_FIRST * (1 << min(attempts, 10)), _RETRY_MOST)
    spread = crc32(f"{delivery_id} {attempts}".encode()) / 0xFFFFFFFF
    return most * (1 + spread) / 2
