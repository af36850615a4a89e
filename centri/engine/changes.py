"""The changes of a plan, kept in order beside the copy that it is made on, so that memory holds none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import Column, Integer, MetaData, Table, Text, UniqueConstraint, func, insert, select

from centri.engine.decide import Decided
from centri.engine.project import Project
from centri.store import links, prm
from centri.store.database import read, write
from centri.store.staging import DEFERRED
from centri.store.tables import Json
from centri.sync.changes import Change, FieldChange, Wording, change_of, ids_of
from centri.sync.reconcile import Action

_change = Table(
    "plan_change",
    MetaData(),
    Column("number", Integer, primary_key=True),
    Column("connection", Integer, nullable=False),
    Column("entity", Integer, nullable=False),
    Column("crm_id", Text, nullable=False),
    Column("prm_id", Text, nullable=False),
    Column("change", Json, nullable=False),
    UniqueConstraint("connection", "entity", "crm_id", "prm_id", "change"),
)


class Changes:
    """Takes decisions as they are made on the copy of a project; tells them by connection, entity and id."""

    def __init__(self, project: Project, copy: Project) -> None:
        self._project, self._copy = project, copy
        self._now = str(prm.tell(copy.now()))
        self._places = {name: n for n, name in enumerate(copy.mapping.connections)}
        with write(copy.engine) as conn:
            _change.create(conn)

    def __len__(self) -> int:
        with read(self._copy.engine) as conn:
            return int(conn.execute(select(func.count()).select_from(_change)).scalar_one())

    def __iter__(self) -> Iterator[Change]:
        """By the order of the mapping, then by CRM id, or PRM id where there is none; of one record in the order of doing."""
        t = _change.c
        query = select(t.change).order_by(t.connection, t.entity, t.crm_id, t.prm_id, t.number)
        with read(self._copy.engine) as conn:
            for document in conn.execution_options(yield_per=500).execute(query).scalars():
                yield Change(**{**document, "fields": tuple(FieldChange(**f) for f in document["fields"])})

    def watch(self, decided: Sequence[Decided]) -> None:
        """Keep what changes something, or holds what was not held before."""
        news = [(item, decision) for item, decision in decided if not _as_before((item, decision))]
        wording = Wording(self._newborn(news), self._now)
        rows = []
        for item, decision in news:
            mapping = item.mapping
            if change := change_of(mapping.connection, mapping.object, mapping.entity, decision, wording):
                entities = list(dict.fromkeys(m.entity for m in self._copy.mappings(mapping.connection)))
                place = {"connection": self._places[mapping.connection], "entity": entities.index(mapping.entity)}
                rows.append(place | {"crm_id": change.crm_id, "prm_id": change.prm_id, "change": asdict(change)})
        if rows:
            with write(self._copy.engine) as conn:
                conn.execute(insert(_change).prefix_with("OR IGNORE"), rows)  # read and edited, a pair is asked about twice

    def _newborn(self, decided: Sequence[Decided]) -> Mapping[str, str]:
        """The ids of rows that only the copy has, each with the CRM record it came from."""
        wanted: dict[str, set[str]] = defaultdict(set)
        for item, decision in decided:
            for entity, prm_id in ids_of(decision, {r.prm: tuple(r.references) for r in item.mapping.rules if r.references}):
                if entity in prm.ENTITIES:
                    wanted[entity].add(prm_id)
        newborn: dict[str, str] = {}
        for entity, ids in wanted.items():
            with read(self._project.engine) as conn:
                missing = ids - prm.existing(conn, entity, ids)
            with read(self._copy.engine) as conn:
                found = links.of_prm(conn, entity, missing) if missing else {}
            for prm_id in missing:
                origin = min((f"{k.crm.object} {k.crm.id}" for k in found.get(prm_id, ())), default="")
                newborn[prm_id] = f"(new, {origin})" if origin else "(new)"
        return newborn


def _as_before(decided: Decided) -> bool:
    """Whether a record merely goes on waiting, as it did before the plan."""
    item, decision = decided
    waited = item.staged is not None and item.staged.state == "waiting" and item.staged.outcome != DEFERRED
    return waited and decision.action in (Action.WAIT, Action.REVIEW, Action.HOLD)
