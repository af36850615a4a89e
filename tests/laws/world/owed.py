"""Everything owed is done or told, nothing is doubled, nothing is deleted by us, and nobody is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ledger import PRM
from sqlalchemy import select

from centri.store.database import read
from centri.store.journal_tables import sync_delivery, sync_dirty, sync_staging

if TYPE_CHECKING:
    from facts import Facts

Row = Mapping[str, Any]


def survivor(rows: Mapping[str, Any], id: str) -> str:
    """What people merged a record into, and that into, or itself."""
    while into := rows[id].merged_into:
        id = into
    return id


class Owed:
    """What is left over, and how many there are of each record."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.scene = facts, facts.scene
        with read(self.scene.project.engine) as conn:
            self.staged = [dict(r) for r in conn.execute(select(sync_staging)).mappings() if r["state"] != "done"]
            self.dirty = [dict(r) for r in conn.execute(select(sync_dirty)).mappings()]
            self.deliveries = [dict(r) for r in conn.execute(select(sync_delivery)).mappings()]

    def judges(self) -> None:
        self._nothing_is_left()
        self._nobody_is_forgotten()
        self._nothing_is_doubled()
        self._nothing_is_deleted_by_us()
        self._nothing_is_told_in_vain()

    def _nothing_is_left(self) -> None:
        for row in self.staged:
            assert self._told(row["connection"], row["entity"], crm_id=row["crm_id"]) or self._waits(row), f"staged: {row}"
        for row in self.dirty:
            told = self._told(row["connection"], row["entity"], prm_id=row["prm_id"])
            assert told or self._nowhere_yet(row["entity"], row["prm_id"]), f"dirty: {row}"
        for row in self.deliveries:
            if row["state"] == "rejected":
                assert self._rejection_is_told(row), f"rejected and not told: {row}"
            elif row["state"] not in ("done", "dropped"):
                told = self._told(row["connection"], row["entity"], prm_id=row["prm_id"])
                assert told or row["state"] == "waiting", f"delivery: {row}"

    def _waits(self, row: Row) -> bool:
        """For a parent that is not linked there."""
        linked = {(k["connection"], k["crm_id"]) for k in self.facts.links if k["state"] == "active"}
        return bool(row["waits_for"]) and (row["connection"], row["waits_for"]) not in linked

    def _nowhere_yet(self, entity: str, prm_id: str) -> bool:
        """A note whose parent is in no CRM, or in two."""
        if entity != "note":
            return False
        parent, _, id = self.facts.prm[PRM, "note", prm_id]["parent"].partition("/")
        homes = {k["connection"] for k in self.facts.links if (k["entity"], k["prm_id"], k["state"]) == (parent, id, "active")}
        return len(homes) != 1

    def _rejection_is_told(self, row: Row) -> bool:
        """Unless something newer was written, or the record is not there any more."""
        newer = any(
            (d["entity"], d["prm_id"], d["connection"]) == (row["entity"], row["prm_id"], row["connection"])
            and d["created_at"] >= row["created_at"]
            and d["id"] != row["id"]
            for d in self.deliveries
        )
        mine = [k for k in self.facts.links if (k["entity"], k["prm_id"]) == (row["entity"], row["prm_id"])]
        over = any(k["connection"] == row["connection"] and k["state"] != "active" for k in mine)
        gone = self.facts.prm[PRM, row["entity"], row["prm_id"]]["$deleted"]
        mended = any(k["connection"] == row["connection"] and k["updated_at"] >= row["updated_at"] for k in mine)
        return newer or over or gone or mended or self._told(row["connection"], row["entity"], prm_id=row["prm_id"])

    def _told(self, connection: str, entity: str, *, crm_id: str = "", prm_id: str = "") -> bool:
        return any(
            a["connection"] == connection
            and a["entity"] == entity
            and ((crm_id and a["crm_id"] == crm_id) or (prm_id and a["prm_id"] == prm_id))
            for a in self.facts.anomalies
        )

    # Everybody is there.

    def _nobody_is_forgotten(self) -> None:
        staged = {(r["connection"], r["entity"], r["crm_id"]) for r in self.staged}
        linked = {(k["connection"], k["entity"], k["crm_id"]) for k in self.facts.links}
        for name, crm in self.scene.crms.items():
            for mapping in self.scene.project.mapping.of(name):
                for row in crm.objects[mapping.object].values():
                    enters = not mapping.is_push_lead and not row.deleted and mapping.where.passes(self._given(mapping, row))
                    key = (name, mapping.entity, row.id)
                    assert not enters or key in linked | staged, f"forgotten: {key} {dict(row.values)}"
        for entity in ("opportunity", "note"):
            for id in self._born(entity):
                assert self._is_on_its_way(entity, id), f"forgotten: {entity} {self.facts.prm[PRM, entity, id]}"

    def _given(self, mapping: Any, row: Any) -> Mapping[str, Any]:
        return {f: row.values.get(f) for f in mapping.where.fields}

    def _born(self, entity: str) -> Iterator[str]:
        for (_, e, id), row in self.facts.prm.items():
            if e == entity and (PRM, e, id) in self.scene.ledger.made and not row["$deleted"]:
                yield id

    def _is_on_its_way(self, entity: str, id: str) -> bool:
        rows = (*self.facts.links, *self.dirty, *self.deliveries)
        return any((r["entity"], r["prm_id"]) == (entity, id) for r in rows)

    # Nothing is there twice.

    def _nothing_is_doubled(self) -> None:
        for crm in self.scene.crms.values():
            for object, key in (("Account", "OurId"), ("Contact", "OurId"), ("Opportunity", "OurId"), ("Lead", "OpportunityId")):
                rows = [r for r in crm.objects[object].values() if (object, r.id) in crm.ours]
                self._once(f"{object}.{key}", (r.values[key] for r in rows if r.values.get(key)))
            notes = crm.objects["Note"].values()
            self._once("Note.Title", (r.values["Title"] for r in notes))
        self._everybody_is_somebody()

    def _once(self, what: str, values: Iterator[str]) -> None:
        twice = [value for value, number in Counter(values).items() if number > 1]
        assert not twice, f"{what} twice: {twice}"

    def _everybody_is_somebody(self) -> None:
        """A record that no person made has a counterpart that one did, be it by what people merged it into."""
        linked = {(k["connection"], k["object"], k["crm_id"]) for k in self.facts.links}
        for name, crm in self.scene.crms.items():
            for object, id in crm.ours:
                kept = survivor(crm.objects[object], id)
                assert (name, object, kept) in linked, f"made for nobody: {name} {object} {dict(crm.objects[object][id].values)}"
        rows = {(k["entity"], k["prm_id"]) for k in self.facts.links}
        for (_, entity, id), row in self.facts.prm.items():
            made = (PRM, entity, id) in self.scene.ledger.made
            assert made or (entity, id) in rows, f"a {entity} of nobody: {row}"
        active = Counter(
            (k["connection"], k["object"], k["crm_id"], k["entity"]) for k in self.facts.links if k["state"] == "active"
        )
        assert max(active.values(), default=1) == 1, f"linked twice: {active.most_common(1)}"

    def _nothing_is_deleted_by_us(self) -> None:
        for name, crm in self.scene.crms.items():
            for object, rows in crm.objects.items():
                for row in rows.values():
                    assert not row.deleted or (name, object, row.id) in self.scene.ledger.deleted, f"deleted by us: {row}"
        for key, row in self.facts.prm.items():
            assert not row["$deleted"] or key in self.scene.ledger.deleted, f"deleted by us: {key}"

    def _nothing_is_told_in_vain(self) -> None:
        """A call that failed and then succeeded is nobody's business any more."""
        vain = [a for a in self.facts.anomalies if a["kind"] in ("unknown", "rate_limited") and a["state"] == "open"]
        assert not vain, f"told in vain: {vain}"
