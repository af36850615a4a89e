"""How far a mapping can be followed as the CRM's schema stands: only what a change concerns is left out, the rest goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from centri.anomalies import Anomaly, Untranslatable
from centri.descriptions import Description, Field
from centri.mappings.drift import renamed, shorter
from centri.mappings.forms import form, takes
from centri.mappings.preflight import preflight
from centri.mappings.rules import FieldRule
from centri.mappings.schema import EntityMapping
from centri.mappings.transforms.choices import Choice
from centri.mappings.transforms.text import Truncate
from centri.records import Ref
from centri.sync.merge import Direction

STAGE = "drift"
"""The stage of anomalies about a mapping: they end by themselves, when the field is back or the mapping is mended."""

Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Followed:
    """``mapping`` is what can be followed, None where nothing of it can, which ``suspended`` explains."""

    mapping: EntityMapping | None
    anomalies: tuple[Anomaly, ...] = ()
    suspended: str = ""

    def fits(self, told: Mapping[str, Any]) -> bool:
        """Whether the CRM, as it stands, can be told this, by CRM field."""
        if self.mapping is None:
            return False
        if {name for rule in self.mapping.left_out for name in rule.crm_targets} & told.keys():
            return False
        try:
            for rule in self.mapping.rules:
                rule.check({name: told[name] for name in rule.crm_targets if name in told})
        except Untranslatable:
            return False
        return True


def follow(
    mapping: EntityMapping, now: Fields, before: Fields, required: Collection[str] = (), renames: Mapping[str, str] | None = None
) -> Followed:
    """What can be followed of a mapping. ``before`` is the description under which all of it could, ``required`` the PRM
    fields without which no row can be made, ``renames`` what fields that are gone seem to be called now.
    """
    standing = _Standing(mapping, now, before, renamed(before, now) if renames is None else renames)
    out = standing.left_out()
    anomalies = standing.anomalies(out)
    why = standing.suspended(out, () if mapping.is_push_lead else required)
    if why:
        return Followed(None, tuple(replace(a, note=f"{a.note}; {mapping.entity} is suspended") for a in anomalies), why)
    kept = {prm: standing.limited(rule) for prm, rule in mapping.fields.items() if prm not in out}
    return Followed(mapping.reduced(kept, unfed=standing.unfed(out), gone=standing.untold()), anomalies)


class _Standing:
    """One mapping against what its object was and is."""

    def __init__(self, mapping: EntityMapping, now: Fields, before: Fields, renames: Mapping[str, str]) -> None:
        self.mapping, self.now, self.before, self.renames = mapping, now, before, renames
        self.faults = preflight(mapping, Description(mapping.object, now))

    def anomalies(self, out: Collection[str]) -> tuple[Anomaly, ...]:
        """One for each field and kind of trouble."""
        found = {(a.kind, a.ref.id, a.field): self._explained(a) for a in self.faults}
        for kind, name, prm, note in self._drifted(out):
            found.setdefault((kind, name, prm), self._anomaly(kind, name, prm, note))
        return tuple(found.values())

    def left_out(self) -> set[str]:
        """PRM fields whose rule reads what is not there, or what it cannot take as it is now, or another such field."""
        out = {r.prm for r in self.mapping.rules if any(self._gone(n) for n in r.crm_fields) or self._unreadable(r)}
        while more := {r.prm for r in self.mapping.rules if r.prm not in out and out & {n for t in r.transform for n in t.reads}}:
            out |= more
        return out

    def suspended(self, out: Collection[str], required: Collection[str]) -> str:
        """Why nothing can be followed; empty where something can."""
        if not self.now:
            return f"{self.mapping.object} is not in the CRM any more, or our user may not see it"
        for name in self.mapping.where.fields:
            if self._gone(name) or self._reformed(name):
                return f"its filter needs {self.mapping.object}.{name}"
        key = self.mapping.key.crm if self.mapping.key else None
        if key and (self._gone(key) or self._reformed(key) or not (self.now[key].createable or self.now[key].updateable)):
            return f"our id stands in {self.mapping.object}.{key}"
        if needed := sorted(set(out) & set(required)):
            return f"{self.mapping.entity} needs {', '.join(needed)}"
        return "none of its fields is there" if len(out) == len(self.mapping.fields) else ""

    def limited(self, rule: FieldRule) -> FieldRule:
        """The rule, telling the CRM only what its field takes."""
        limited = {name for name in rule.crm_targets if self._shorter(name) or self._lost(name) or self._closed(rule, name)}
        if not limited:
            return rule

        def fits(name: str, value: Any) -> None:
            if name in limited:
                self._check(rule, name, value)

        return rule.within(fits)

    def untold(self) -> list[str]:
        """What the CRM cannot be told of a merge, as it stands."""
        return [name for name in self.mapping.on_merge.fields if self._gone(name) or not self.now[name].updateable]

    def unfed(self, out: Collection[str]) -> list[str]:
        """What a new record must fill since the last peace, and nothing feeds any more."""
        lost = {n for prm in out for n in self.mapping.fields[prm].crm_targets}
        fed = {n for r in self.mapping.rules if r.on_create in (Direction.OUT, Direction.BOTH) for n in r.crm_targets}
        unfed = [name for name, fact in self.now.items() if fact.required and fact.createable and name not in fed - lost]
        return [name for name in unfed if name in lost or name not in self.before or not self.before[name].required]

    def _check(self, rule: FieldRule, name: str, value: Any) -> None:
        """Raises Untranslatable where the field does not take the value any more. A blank is always taken."""
        if self._closed(rule, name):
            raise Untranslatable("permission", f"{self.mapping.object}.{name} may not be written by our user any more")
        if self._shorter(name) and isinstance(value, str) and len(value) > self.now[name].length:
            raise Untranslatable("too_long", f"{len(value)} characters, and the CRM takes {self.now[name].length} by now")
        if strange := [v for v in (value if isinstance(value, list) else [value]) if v in self._lost(name)]:
            raise Untranslatable("picklist_value", f"{strange[0]!r} is not in the CRM's list any more")

    def _drifted(self, out: Collection[str]) -> Iterator[tuple[str, str, str, str]]:
        for rule in self.mapping.rules:
            name, where = rule.crm, f"{self.mapping.object}.{rule.crm}"
            if self._gone(name):
                continue
            if self._unreadable(rule):
                note = f"{where} is {self.now[name].type} now, it was {self.before[name].type}, which the mapping does not take"
                yield "schema_drift", name, rule.prm, note
            elif rule.prm in out and not any(self._gone(n) for n in rule.crm_fields):
                yield "schema_drift", name, rule.prm, f"{where} is read by the help of a field that is left out"
            elif rule.flows(Direction.OUT, creating=True):
                yield from ((kind, name, rule.prm, f"{where} {note}") for kind, note in self._tightened(rule))
        for name in (*self.mapping.where.fields, *([self.mapping.key.crm] if self.mapping.key else ())):
            if not self._gone(name) and self._reformed(name):
                yield "schema_drift", name, "", f"{self.mapping.object}.{name} is {self.now[name].type} now"
            elif name in self.now and self._gone(name):
                yield "permission", name, "", f"{self.mapping.object}.{name} may not be read by our user"

    def _tightened(self, rule: FieldRule) -> Iterator[tuple[str, str]]:
        length = self.now[rule.crm].length
        if self._shorter(rule.crm) and not any(isinstance(t, Truncate) and t.length <= length for t in rule.transform):
            yield "schema_drift", f"takes {length} characters now; longer texts are held"
        told = {v for t in rule.transform if isinstance(t, Choice) for v in (t.map.told or {}).values()}
        lost = [v for v in self._lost(rule.crm) if not told or v in told]
        if lost:
            yield "picklist_value", f"does not offer {', '.join(map(repr, lost))} any more; records that would tell it are held"

    def _gone(self, name: str) -> bool:
        return name not in self.now or not self.now[name].readable

    def _reformed(self, name: str) -> bool:
        return name in self.now and name in self.before and form(self.before[name].type) != form(self.now[name].type)

    def _unreadable(self, rule: FieldRule) -> bool:
        return self._reformed(rule.crm) and not takes(rule, self.now[rule.crm].type)

    def _shorter(self, name: str) -> bool:
        """Only texts are measured: what a CRM calls the length of a number or a list is no limit of ours."""
        return (
            name in self.before
            and name in self.now
            and self.now[name].type == "text"
            and shorter(self.before[name], self.now[name])
        )

    def _lost(self, name: str) -> list[str]:
        """Choices that were offered. A CRM that does not say which it offers has lost none."""
        if name not in self.before or name not in self.now or not self.now[name].choices:
            return []
        return [choice for choice in self.before[name].choices if choice not in self.now[name].choices]

    def _closed(self, rule: FieldRule, name: str) -> bool:
        fact = self.now.get(name)
        if fact is None or self.before.get(name, fact) == fact:
            return False
        changed = rule.flows(Direction.OUT) and not self.mapping.append_only and not fact.updateable
        return changed or (rule.flows(Direction.OUT, creating=True) and self.mapping.append_only and not fact.createable)

    def _explained(self, fault: Anomaly) -> Anomaly:
        new = self.renames.get(fault.ref.id)
        note = f"{fault.note.partition(';')[0]} any more; it seems to be called {new!r} now" if new else fault.note
        return replace(fault, stage=STAGE, note=note)

    def _anomaly(self, kind: str, name: str, prm: str, note: str) -> Anomaly:
        m = self.mapping
        return Anomaly(
            kind, Ref(m.connection, m.object, name), note, m.connection, m.entity, prm, stage=STAGE, mapping_version=m.sha
        )


F = TypeVar("F", bound=Field)


def peaceful(before: Mapping[str, F], now: Mapping[str, F], troubled: Collection[str]) -> dict[str, F]:
    """What is to be remembered beside ``now`` of how things were: the fields in trouble, as they were before it."""
    return {name: before[name] for name in troubled if name in before and before[name] != now.get(name)}
