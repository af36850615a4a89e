"""Recorded metadata against the live CRM: what its administrator changed since, and what that means for the mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from centri.anomalies import Severity
from centri.connectors.recorded import Fixtures
from centri.descriptions import Description
from centri.engine.check import Found, Report, Seen, fixtures_beside, located, of_the_language, read_mapping
from centri.errors import ConfigError
from centri.mappings.drift import Change, Drift, compare
from centri.mappings.fit.faults import Fault, place
from centri.mappings.fit.prm import prm_fields
from centri.mappings.following import follow
from centri.mappings.schema import EntityMapping
from centri.mappings.source import Place
from centri.settings import Settings

if TYPE_CHECKING:
    from centri.connectors.http import Patience

DRIFTED = 3
"""The exit code where something that is mapped is not as it was recorded."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A change of a field that nobody maps."""

    connection: str
    object: str
    drift: Drift


@dataclass(frozen=True)
class DriftReport(Report):
    """``elsewhere`` is what changed and concerns no mapping."""

    elsewhere: tuple[Elsewhere, ...] = ()

    @property
    def exit_code(self) -> int:
        """3 where something mapped differs, else 1 or 2 where it could not be looked at."""
        if any(found.rule == "drift" for found in self.found):
            return DRIFTED
        return super().exit_code


def check_drift(settings: Settings, fixtures: Fixtures | None = None, *, patience: Patience | None = None) -> DriftReport:
    """One describe for each object of each connection, where the mapping itself is without fault."""
    try:
        source, parsed = read_mapping(settings)
    except ConfigError as error:
        return DriftReport(str(settings.mappings), "drift", of_the_language(error))
    before, now = Seen(parsed), Seen(parsed)
    before.recorded(fixtures or fixtures_beside(settings))
    now.live(settings.environment, patience)
    faults, elsewhere = [*before.faults, *now.faults], []
    for (connection, object), described in now.described.items():
        known = before.described.get((connection, object))
        concerned = [m for m in parsed.of(connection) if m.object == object]
        for drift in compare(known.fields, described.fields) if known else ():
            assert known is not None
            meant = [fault for m in concerned for fault in _meaning(m, drift, known, described)]
            faults += meant
            elsewhere += [] if meant else [Elsewhere(connection, object, drift)]
    found: list[Found] = sorted(located(faults, source), key=lambda f: (f.line, f.message))
    counts = len(parsed.connections), len(parsed.mappings)
    return DriftReport(source.file, "drift", tuple(found), tuple(now.unseen), *counts, tuple(elsewhere))


def _meaning(mapping: EntityMapping, drift: Drift, before: Description, now: Description) -> Iterator[Fault]:
    """What one change means for one mapping; nothing where the mapping does not touch the field."""
    places = list(_mapped(mapping, drift, now))
    if not places:
        return
    troubles = _troubles(mapping, drift, before, now)
    detail = f" ({drift.detail})" if drift.detail else ""
    means = "; ".join(dict.fromkeys(troubles)) or "the mapping can take it"
    message = f"{mapping.connection} {mapping.object}.{drift.field} {_VERBS[drift.change]}{detail}: {means}"
    remedy = f"mend the mapping, then record it anew: centri record {mapping.connection}"
    for at in places:
        yield Fault("drift", at, message, remedy, Severity.ERROR if troubles else Severity.WARNING)


_VERBS = {
    Change.ADDED: "was added",
    Change.REMOVED: "is gone",
    Change.RENAMED: "seems to be renamed",
    Change.NARROWED: "takes shorter texts",
    Change.RETYPED: "has another type",
    Change.CHOICE_ADDED: "has more choices",
    Change.CHOICE_REMOVED: "has fewer choices",
    Change.REQUIRED: "became required",
    Change.CLOSED: "lost rights of our user",
}


def _mapped(mapping: EntityMapping, drift: Drift, now: Description) -> Iterator[Place]:
    """Where the mapping names the field; a new one that is required concerns records that are born there."""
    rules = [rule for rule in mapping.rules if drift.field in rule.crm_fields]
    yield from (place(mapping, "fields", rule.prm) for rule in rules)
    if drift.field in mapping.where.fields:
        yield place(mapping, "where", drift.field)
    if mapping.key and mapping.key.crm == drift.field:
        yield place(mapping, "key")
    needed = drift.change in (Change.ADDED, Change.REQUIRED) and now.fields[drift.field].required
    if not rules and needed and mapping.create.possible and now.fields[drift.field].createable:
        yield place(mapping, "fields")


def _troubles(mapping: EntityMapping, drift: Drift, before: Description, now: Description) -> list[str]:
    """What cannot be followed any more as it could be before."""
    needed = [name for name, known in prm_fields().get(mapping.entity, {}).items() if known.required]
    old = {(a.kind, a.ref.id, a.note) for a in follow(mapping, before.fields, before.fields, needed).anomalies}
    followed = follow(mapping, now.fields, before.fields, needed)
    return [a.note for a in followed.anomalies if a.ref.id == drift.field and (a.kind, a.ref.id, a.note) not in old]
