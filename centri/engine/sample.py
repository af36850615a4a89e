"""A few records of each object, and whatever they refer to, so that nothing among them hangs in the air."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from centri.connectors.base import Connector, PullRequest
from centri.descriptions import Description
from centri.engine.masking import Masked
from centri.mappings.schema import EntityMapping, crm_fields
from centri.records import Record


@dataclass(frozen=True, slots=True)
class Sample:
    """What was read of one object."""

    description: Description
    records: Sequence[Record]


def take(connector: Connector, mappings: Sequence[EntityMapping], number: int, masked: Masked | None = None) -> dict[str, Sample]:
    """Up to ``number`` records of each object, and whatever they refer to among the objects. Asks the same in the same order."""
    taken = _Taken(connector, mappings)
    for name in dict.fromkeys(m.object for m in mappings):
        taken.describe(name, masked)
    for name in taken.descriptions:
        taken.read_some(name, number)
    while taken.read_parents():
        pass
    return {name: Sample(taken.descriptions[name], list(taken.found[name].values())) for name in taken.descriptions}


@dataclass
class _Taken:
    """What was read so far, by object and id."""

    connector: Connector
    mappings: Sequence[EntityMapping]
    descriptions: dict[str, Description] = field(default_factory=dict)
    found: dict[str, dict[str, Record]] = field(default_factory=dict)
    asked: set[tuple[str, str]] = field(default_factory=set)

    def describe(self, object: str, masked: Masked | None) -> None:
        description = self.connector.describe(object, self._named(object))
        self.descriptions[object], self.found[object] = description, {}
        if masked:
            masked.learn(description)

    def read_some(self, object: str, number: int) -> None:
        """As many for each entity's filter, so that an entity of few records is not crowded out by another of many."""
        entering = [m.where for m in self._of(object) if not m.is_push_lead] or [m.where for m in self._of(object)]
        for place, where in enumerate(entering):
            share = number * (place + 1) // len(entering) - number * place // len(entering)
            if share:
                request = PullRequest(object, self._fields(object), where=where, deleted=False, page_size=number)
                fresh = (r for page in self.connector.pull(request) for r in page.records if r.ref.id not in self.found[object])
                self._add(object, islice(fresh, share))

    def read_parents(self) -> bool:
        """Read what the records read so far refer to and nobody asked for yet; whether there was anything to ask."""
        wanted = [(o, fresh) for o, ids in self._referred().items() if (fresh := ids - self._known(o))]
        for object, ids in sorted(wanted):
            self.asked |= {(object, one) for one in ids}
            request = PullRequest(object, self._fields(object), ids=tuple(sorted(ids)), deleted=False)
            self._add(object, (r for page in self.connector.pull(request) for r in page.records))
        return bool(wanted)

    def _add(self, object: str, records: Iterable[Record]) -> None:
        self.found[object].update((r.ref.id, r) for r in records)

    def _known(self, object: str) -> set[str]:
        return {*self.found[object], *(i for o, i in self.asked if o == object)}

    def _referred(self) -> dict[str, set[str]]:
        """Ids that a reference holds, by each object that they may belong to."""
        referred: dict[str, set[str]] = {}
        objects = {m.entity: m.object for m in self.mappings if not m.is_push_lead}
        for mapping in self.mappings:
            for rule in (r for r in mapping.rules if r.references):
                ids = {i for r in self.found[mapping.object].values() if isinstance(i := r.values.get(rule.crm), str)}
                for entity in rule.references:
                    if ids and entity in objects:
                        referred.setdefault(objects[entity], set()).update(ids)
        return referred

    def _of(self, object: str) -> list[EntityMapping]:
        return [m for m in self.mappings if m.object == object]

    def _fields(self, object: str) -> tuple[str, ...]:
        """The mapped fields that are there: one that is not is for `centri check` to tell."""
        known = self.descriptions[object].fields
        return tuple(sorted(f for f in self._named(object) if f in known and known[f].readable))

    def _named(self, object: str) -> tuple[str, ...]:
        return crm_fields(self._of(object))
