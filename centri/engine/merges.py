"""A record that lost a merge in the CRM: its link follows the survivor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial

from sqlalchemy import Connection

from centri.anomalies import Anomaly
from centri.engine.project import Project
from centri.store import findings, links, staging
from centri.store.database import read, write
from centri.store.leases import Lease
from centri.store.staging import Closing, Staged
from centri.sync.link import Link, LinkState


def follow_merges(project: Project, lease: Lease, connection: str, entity: str) -> None:
    """Point the links of merged records at their survivors, before anything else is decided about either.

    Where a survivor lost a merge in its turn, its own losers go before it, so that their links reach the last survivor.
    """
    with read(project.engine) as conn:
        merged = staging.merged(conn, connection, entity)
    for staged in sorted(merged, key=partial(_merges_ahead, {s.record.ref.id: s for s in merged}), reverse=True):
        with write(project.engine) as conn:
            now = project.now()
            lease.renew(conn, now)
            link = _link_of(conn, staged, staged.record.ref.id)
            if link:
                _follow(project, conn, staged, link)
            note = f"merged into {staged.record.merged_into}"
            staging.close(conn, [Closing(staged.number, staged.record.version, "done", "merged", note)], now=now)


def _merges_ahead(lost: Mapping[str, Staged], staged: Staged) -> int:
    """How many merges lie between a record and its last survivor."""
    met = {staged.record.ref.id}
    while (survivor := staged.record.merged_into or "") in lost.keys() - met:
        met.add(survivor)
        staged = lost[survivor]
    return len(met)


def _follow(project: Project, conn: Connection, staged: Staged, link: Link) -> None:
    survivor = staged.record.merged_into
    assert survivor is not None
    if _link_of(conn, staged, survivor, over=(LinkState.UNLINKED, LinkState.MERGED)):
        merged = replace(link, state=LinkState.MERGED)
        links.save(conn, [merged], run_id="", mapping_version="", now=project.now())
        note = f"merged into {survivor}, which stands for another {staged.entity}; merge the two in the PRM"
    else:
        links.move(conn, link, survivor)
        note = f"merged into {survivor}; the link follows it"
    detail = {"prm_id": link.prm.id, "survivor": survivor}
    ref, raw = staged.record.ref, dict(staged.record.values)
    anomaly = Anomaly("merged_remote", ref, note, link.crm.system, staged.entity, stage="settle", raw=raw, detail=detail)
    findings.open_(conn, [anomaly], now=project.now())


def _link_of(
    conn: Connection, staged: Staged, crm_id: str, *, over: Collection[LinkState] = frozenset(LinkState) - {LinkState.ACTIVE}
) -> Link | None:
    """The record's link for this entity, unless it is over. A survivor's link may rest, and live again by this very settling."""
    ref = staged.record.ref
    found = links.of_crm(conn, ref.system, ref.object, [crm_id]).get(crm_id, [])
    return next((k for k in found if k.prm.object == staged.entity and k.state not in over), None)
