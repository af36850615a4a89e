"""What one side has and the other has not: links whose CRM record was not met, PRM rows that were never born in a CRM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from centri.engine import homes
from centri.engine.project import Project
from centri.engine.swept import Finding, Kind
from centri.mappings.schema import EntityMapping
from centri.records import Record, Ref
from centri.store import sweeps
from centri.sync.link import recall


def absence(mapping: EntityMapping, link: sweeps.Row, answer: Record | None) -> Finding | None:
    """What became of a linked record that was not met, by the CRM's answer for its id; None where it is there after all."""
    here = (mapping.connection, mapping.object)
    ids = (*here, mapping.entity, link["crm_id"], link["prm_id"])
    if answer is None:
        record = Record(Ref(*here, link["crm_id"]), recall(link["crm_seen"]), "gone", deleted=True)
        return Finding(Kind.GONE, *ids, "the CRM does not know this id any more", record=record)
    if answer.merged_into:
        return Finding(Kind.MERGED, *ids, f"merged into {answer.merged_into}", record=answer)
    return Finding(Kind.DELETED, *ids, "deleted in the CRM", record=answer) if answer.deleted else None


def unborn(project: Project, conn: Connection, mapping: EntityMapping, rows: Sequence[Record]) -> Iterator[Finding]:
    """Which of the PRM's unlinked rows belong into this CRM by the mapping's ``create``, and are not on their way there."""
    revisions = {row.ref.id: int(row.version) for row in rows}
    born = homes.births(project, conn, mapping.connection, mapping.entity, rows, revisions)
    held = {a["prm_id"] for a in sweeps.set_aside(conn, mapping.connection, mapping.entity, prm_ids=list(revisions))}
    sent = homes.connections_of(conn, mapping.entity, set(revisions))
    for item in born.items:
        if item.prm and item.mapping is mapping and (prm_id := item.prm.ref.id) not in sent:
            kind, ids = Kind.HELD if prm_id in held else Kind.UNBORN, (mapping.object, mapping.entity, "", prm_id)
            note = "it belongs into this CRM, and is not there"
            yield Finding(kind, mapping.connection, *ids, note, revision=revisions[prm_id])
