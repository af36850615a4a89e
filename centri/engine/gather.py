"""The facts that a chunk's decisions need, one query each for all of its pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from centri.engine import homes
from centri.engine.identity import identify
from centri.engine.items import Chunk, Item
from centri.engine.project import Project
from centri.mappings.schema import EntityMapping
from centri.records import IMPORT, Record
from centri.store import deliveries, links, outbox_history, prm
from centri.store.staging import Staged
from centri.sync.link import Link, LinkState, Role, recall
from centri.sync.references import References

Wanted = Mapping[str, set[str]]


def from_staged(project: Project, conn: Connection, mapping: EntityMapping, staged: Sequence[Staged]) -> Chunk:
    """A chunk of what the CRM changed."""
    found = links.of_crm(conn, mapping.connection, mapping.object, [s.record.ref.id for s in staged])
    versions = {s.record.ref.id: s.record.version for s in staged}
    linked = {crm_id: link for crm_id, some in found.items() if (link := _live(some, mapping.entity, versions[crm_id]))}
    rows = prm.read(conn, mapping.entity, {link.prm.id for link in linked.values()})
    linked = {crm_id: link for crm_id, link in linked.items() if _counts(link, rows.records)}
    items = [_staged_item(mapping, s, linked.get(s.record.ref.id), rows.records) for s in staged]
    return _with_facts(project, conn, mapping.connection, mapping.entity, items, dict(rows.stored))


def from_dirty(project: Project, conn: Connection, connection: str, entity: str, dirty: Sequence[tuple[str, int]]) -> Chunk:
    """A chunk of what the PRM changed: an item for each of a row's links here, or one for its birth in the CRM."""
    by_object = {m.object: m for m in project.followed(connection, entity=entity)}
    revisions = dict(dirty)
    rows = prm.read(conn, entity, revisions)
    linked = links.of_prm(conn, entity, revisions, (LinkState.ACTIVE, LinkState.DELETED_REMOTE, LinkState.MERGED))
    items: list[Item] = []
    for prm_id, row in rows.records.items():
        here = [k for k in linked.get(prm_id, ()) if k.crm.system == connection and k.crm.object in by_object]
        items.extend(from_memory(by_object[k.crm.object], k, row, revisions[prm_id]) for k in here if _counts(k, rows.records))
    known = links.ever_linked(conn, entity, revisions)
    unborn = [row for prm_id, row in rows.records.items() if prm_id not in known]
    newborn = [row for row in unborn if not row.deleted and prm.master(row) is None]
    born = homes.births(project, conn, connection, entity, newborn, revisions)
    items.extend(born.items)
    concerned = {i.prm.ref.id for i in items if i.prm} | {row.ref.id for row in (*born.homeless, *born.waiting)}
    unseen = [(i, r) for i, r in dirty if i not in concerned]
    chunk = _with_facts(project, conn, connection, entity, items, dict(rows.stored), unseen)
    return replace(chunk, homeless=born.homeless)


def parents(project: Project, conn: Connection, mapping: EntityMapping, ids: set[str]) -> Chunk:
    """A chunk of PRM rows to be born in the CRM because their children need them, but for those there or on their way."""
    connection, entity = mapping.connection, mapping.entity
    linked = links.standing(conn, connection, {entity: ids})
    coming = {i for i, _ in deliveries.unsent(conn, connection, entity, ids)}
    gone = links.deleted_there(conn, connection, entity, ids)  # what people deleted is not made again behind their backs
    rows = prm.read(conn, entity, {i for i in ids if (entity, i) not in linked and i not in coming | gone})
    erased = links.erased_rows(conn, entity, ids)
    items = [
        Item(mapping, None, None, row, Role.MIRROR, needed=True)
        for prm_id, row in rows.records.items()
        if not row.deleted and prm_id not in erased
    ]
    return _with_facts(project, conn, connection, entity, items, dict(rows.stored))


def from_memory(mapping: EntityMapping, link: Link, row: Record, revision: int | None) -> Item:
    """The CRM has not been heard of since: its side is what the link remembers."""
    gone = link.state is LinkState.DELETED_REMOTE
    crm = Record(link.crm, recall(link.crm_seen), link.crm_version, link.crm_changed_at, deleted=gone)
    return Item(mapping, crm, link, row, link.role, revision=revision)


def references(conn: Connection, connection: str, items: Iterable[Item], merging: str = "") -> References:
    """The ids behind every reference of the items, on either side; of rows of ``merging`` that went into others, those too."""
    inward: dict[str, set[str]] = defaultdict(set)
    outward: dict[str, set[str]] = defaultdict(set)
    for item in items:
        if merging and (into := prm.master(item.prm)):
            outward[merging].add(into)
        for rule in item.mapping.rules:
            if not rule.references:
                continue
            if item.crm and (crm_id := item.crm.values.get(rule.crm)) and isinstance(crm_id, str):
                for entity in rule.references:
                    inward[entity].add(crm_id)
            if item.prm and (value := item.prm.values.get(rule.prm)):
                entity, _, prm_id = value.rpartition("/")
                outward[entity or rule.references[0]].add(prm_id)
    return References(links.prm_ids(conn, connection, inward), links.standing(conn, connection, outward))


def _with_facts(
    project: Project, conn: Connection, connection: str, entity: str, items: Sequence[Item],
    stored: dict[str, Any], unseen: Sequence[tuple[str, int]] = (),
) -> Chunk:  # fmt: skip
    refs, files = references(conn, project.ids_of(connection), items, entity), connection == IMPORT
    strangers = [
        i for i in items if i.link is None and i.prm is None and i.crm and not i.crm.deleted and not i.mapping.is_push_lead
    ]
    found = identify(conn, strangers, refs, project.mapping.matching.get(entity), project.ids_of(connection))
    known = {i.crm.ref.id: i for i in found.items if i.crm}
    items = [known.get(i.crm.ref.id, i) if i.crm and i.link is None else i for i in items]
    ids = {i.prm.ref.id for i in items if i.prm}
    unsent = deliveries.unsent(conn, connection, entity, ids)
    return Chunk(
        connection,
        entity,
        items,
        refs,
        stored | found.stored,
        links.of_prm(conn, entity, ids, files=files) | found.links,
        frozenset(unsent),
        deliveries.refused(conn, connection, entity, {i.mapping.object for i in items}, ids),
        project.now(),
        undoing=outbox_history.unsent(conn, connection, entity, {prm_id for prm_id, _ in unsent}, undo=True),
        unseen=unseen,
        mastered=project.mastered(connection, entity),
        channel=project.mapping.notifications.channel,
    )


def _live(found: Sequence[Link], entity: str, version: str) -> Link | None:
    """The link of a CRM record for one entity; one that was undone counts as none once the record is at another version.

    That of an erased person comes first, and one that lost a merge comes last.
    """
    mine = [k for k in found if k.prm.object == entity]
    if gone := next((k for k in mine if k.erased), None):
        return gone
    lost = next((k for k in mine if k.state is LinkState.MERGED), None)
    undone = next((k for k in mine if k.state is LinkState.UNLINKED and k.crm_version and k.crm_version == version), lost)
    return next((k for k in mine if k.state not in (LinkState.UNLINKED, LinkState.MERGED)), undone)


def _counts(link: Link, rows: Mapping[str, Record]) -> bool:
    """Whether a link is to be followed: of those that lost a merge only one whose row lost it here."""
    return link.state is not LinkState.MERGED or prm.master(rows.get(link.prm.id)) is not None


def _staged_item(mapping: EntityMapping, staged: Staged, link: Link | None, rows: Mapping[str, Record]) -> Item:
    row = rows.get(link.prm.id) if link else None
    fresh = Role.SECONDARY if mapping.connection == IMPORT else Role.ORIGIN
    return Item(mapping, staged.record, link, row, link.role if link else fresh, staged)
