"""Three-way merge of one record, field by field."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from centri.anomalies import Untranslatable
from centri.records import MISSING, Record, same
from centri.sync.link import Link, agreed, never_agreed
from centri.sync.policies import Conflict, Merged, Policy, Take
from centri.sync.references import References

SAME = "both sides say the same"
"""Why a field that changed is agreed all the same."""

ELSEWHERE = "another connection owns this field"


class Direction(StrEnum):
    """Which way a field flows."""

    IN = "in"
    OUT = "out"
    BOTH = "both"
    NONE = "none"
    """Not at all, but for what ``on_create`` says."""


class Rule(Protocol):
    """A pair of fields that mean the same: how values cross over, and who wins."""

    @property
    def prm(self) -> str:
        """The PRM field."""
        ...

    @property
    def crm(self) -> str:
        """The CRM field whose value is remembered."""
        ...

    @property
    def crm_parts(self) -> Sequence[str]:
        """The further CRM fields that the value is made of: a change of one is a change of the value."""
        ...

    @property
    def direction(self) -> Direction: ...

    @property
    def on_create(self) -> Direction:
        """The direction while one of the two records does not exist yet."""
        ...

    @property
    def insists(self) -> bool:
        """Whether a CRM that changed a field of direction out is told the PRM's value again; else it hears of news alone."""
        ...

    @property
    def policy(self) -> Policy: ...

    def inward(self, crm: Mapping[str, Any], refs: References) -> Any:
        """The PRM value of a CRM record's values. Raises Untranslatable."""
        ...

    def outward(self, prm: Mapping[str, Any], refs: References) -> Mapping[str, Any]:
        """What the CRM is to be told of a PRM record's values, by CRM field. Raises Untranslatable."""
        ...


@dataclass(frozen=True, slots=True)
class FieldDecision:
    """Whose value one field takes, and because of what.

    ``crm`` and ``prm`` are the sides' own values now. ``value`` is the PRM value to store where the CRM is taken;
    ``told`` is what the CRM is to be told, by CRM field, where the PRM is taken; a merged value gives both. ``kind`` names
    the anomaly of a hold, or of a value that is missed; ``waits_for`` is the CRM id of the parent that it needs. ``policy`` is
    the one that was asked.
    """

    field: str
    crm_field: str
    take: Take
    crm: Any
    prm: Any
    because: str
    value: Any = MISSING
    told: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    kind: str = ""
    waits_for: str = ""
    policy: str = ""
    crm_parts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What the further CRM fields of the value hold."""

    @property
    def to_prm(self) -> bool:
        return self.take in (Take.CRM, Take.MERGED) and not same(self.value, self.prm)

    @property
    def to_crm(self) -> bool:
        return self.take in (Take.PRM, Take.MERGED)

    @property
    def sent(self) -> Any:
        """The PRM value that ``told`` was made of."""
        return self.value if self.take is Take.MERGED else self.prm


@dataclass(frozen=True, slots=True)
class Situation:
    """What a merge looks at besides the two records.

    ``adopt`` replaces the policy where there is no memory yet. ``disowned`` names the PRM fields of direction ``in`` whose
    master is another connection. ``creating``: one of the records does not exist yet. ``read_only``: the CRM record takes
    no more writes. ``backfill`` adopts newly mapped fields, and ``again`` names fields that are looked at as if the CRM had
    changed them, unless the PRM did. ``offering``: the CRM's side is a row of a file, which owns nothing;
    of a difference the policy decides, and what is here stays in doubt.
    """

    refs: References = dataclasses.field(default_factory=References)
    adopt: Policy | None = None
    disowned: frozenset[str] = frozenset()
    creating: bool = False
    read_only: bool = False
    backfill: bool = False
    again: frozenset[str] = frozenset()
    offering: bool = False


def merge(
    link: Link | None, crm: Record, prm: Record, rules: Sequence[Rule], situation: Situation | None = None
) -> tuple[FieldDecision, ...]:
    """One decision for each rule. Without a link the memory is empty: every field counts as changed on both sides."""
    shared = {name for name, times in Counter(rule.crm for rule in rules).items() if times > 1}
    fields = [_FieldMerge(rule, link, crm, prm, situation or Situation(), shared=rule.crm in shared) for rule in rules]
    decisions = [field.decide() for field in fields]
    kept = {d.crm_field for d, f in zip(decisions, fields, strict=True) if f.keeps(d)}
    decisions = [f.beside(d) if d.to_crm and d.crm_field in kept else d for d, f in zip(decisions, fields, strict=True)]
    told = {name for d in decisions if d.to_crm for name in d.told}
    return tuple(f.deferred(d) if f.reads(told) else d for d, f in zip(decisions, fields, strict=True))


class _FieldMerge:
    """One field's values on both sides, then and now."""

    def __init__(self, rule: Rule, link: Link | None, crm: Record, prm: Record, situation: Situation, *, shared: bool) -> None:
        self.rule, self.link, self.crm_record, self.prm_record, self.situation = rule, link, crm, prm, situation
        self.shared, self.adopting = shared, link is None
        self.crm_seen = agreed(link.crm_seen.get(rule.crm, MISSING)) if link else MISSING
        self.prm_seen = agreed(link.prm_seen.get(rule.prm, MISSING)) if link else MISSING
        self.crm = crm.values.get(rule.crm, self.crm_seen)
        self.prm = prm.values.get(rule.prm, self.prm_seen)
        self.parts = {name: crm.values[name] for name in rule.crm_parts if name in crm.values}

    def decide(self) -> FieldDecision:
        if self.link and self._newly_mapped():
            if not (self.situation.backfill or self.rule.prm in self.situation.again):
                return self._decision(Take.NONE, "newly mapped; filled at the next backfill")
            self.crm_seen, self.adopting = MISSING, True
        elif self.rule.prm in self.situation.again and same(self.prm, self.prm_seen):
            self.crm_seen = MISSING
        crm_changed = not same(self.crm, self.crm_seen) or self._part_changed()
        prm_changed = not same(self.prm, self.prm_seen)
        if not crm_changed and not prm_changed:
            return self._decision(Take.NONE, "as last agreed")
        try:
            return self._changed(crm_changed, prm_changed)
        except Untranslatable as finding:
            return self._untranslated(finding)

    def keeps(self, decision: FieldDecision) -> bool:
        """Whether the CRM's part of a field that several rules write stands, so that none of the others may write over it."""
        return self.rule.direction is Direction.BOTH and decision.take in (Take.CRM, Take.HOLD)

    def beside(self, decision: FieldDecision) -> FieldDecision:
        """Instead of telling the CRM a field of which another rule takes or holds the CRM's part: a person decides."""
        try:
            because = f"{decision.because}; another part of {decision.crm_field} changed in the CRM"
            return self._decision(Take.HOLD, because, kind="conflict_open", value=self._inward())
        except Untranslatable as finding:
            return self._untranslated(finding)

    def reads(self, told: Collection[str]) -> bool:
        """Whether the value is made of any of these CRM fields."""
        return any(name in told for name in (self.rule.crm, *self.rule.crm_parts))

    def deferred(self, decision: FieldDecision) -> FieldDecision:
        """Instead of taking a CRM field that another rule is just telling the CRM: what the CRM makes of it is taken then."""
        if self.rule.direction is not Direction.IN or decision.take is not Take.CRM:
            return decision
        return self._decision(Take.NONE, f"{decision.crm_field} is being told to the CRM, and taken as it is then")

    def _part_changed(self) -> bool:
        seen = self.link.crm_seen if self.link else {}
        return any(not same(value, agreed(seen.get(name, MISSING))) for name, value in self.parts.items())

    def _untranslated(self, finding: Untranslatable) -> FieldDecision:
        if finding.without and self.rule.prm in self.situation.disowned:
            return self._decision(Take.EITHER, ELSEWHERE)
        if finding.without:
            taken = self._decision(Take.CRM, finding.note, value=None, kind=finding.kind)
        else:
            taken = self._decision(Take.HOLD, finding.note, kind=finding.kind)
        return replace(taken, waits_for=finding.waits_for)

    def _newly_mapped(self) -> bool:
        """What is remembered of a CRM field that other rules read too says nothing of this one."""
        return self.prm_seen is MISSING and (self.crm_seen is MISSING or self.shared)

    def _changed(self, crm_changed: bool, prm_changed: bool) -> FieldDecision:
        direction = self.rule.on_create if self.situation.creating or self._missed_at_birth() else self.rule.direction
        if direction is Direction.NONE:
            return self._decision(Take.EITHER, "flows only on creation")
        if direction is Direction.OUT:
            insists = self.rule.insists or self.situation.creating
            return self._take_prm("the PRM owns this field") if insists else self._news(crm_changed, prm_changed)
        if direction is Direction.BOTH and not crm_changed:
            return self._take_prm("only the PRM changed")
        inward = self._inward()
        if inward is MISSING:
            return self._told_nothing(prm_changed and direction is not Direction.IN)
        if same(inward, self.prm):
            return self._decision(Take.EITHER, SAME)
        if direction is Direction.IN:
            offered = self.situation.offering and self.rule.prm not in self.situation.disowned
            return self._offered(inward, crm_changed, prm_changed) if offered else self._owned_by_crm(inward, crm_changed)
        return self._conflict(inward) if prm_changed else self._take_crm(inward, "only the CRM changed")

    def _news(self, crm_changed: bool, prm_changed: bool) -> FieldDecision:
        """Only what the PRM changed goes out. Of what both changed the policy decides; what the CRM says stays the CRM's."""
        if self.adopting or not prm_changed:
            return self._decision(Take.EITHER, "the CRM goes its own way")
        inward = self._inward() if crm_changed else MISSING
        if inward is MISSING:
            return self._take_prm("only the PRM changed")
        if same(inward, self.prm):
            return self._decision(Take.EITHER, SAME)
        taken = self._conflict(inward)
        if taken.take is Take.CRM:
            return self._decision(Take.EITHER, f"{taken.because}; the CRM goes its own way")
        return self._take_prm(taken.because) if taken.take is Take.MERGED else taken

    def _missed_at_birth(self) -> bool:
        """Whether a field that flows only on creation could not be taken over then, and is blank to this day."""
        remembered = self.link.crm_seen.get(self.rule.crm) if self.link else None
        return self.rule.direction is Direction.NONE and self.prm is None and never_agreed(remembered)

    def _told_nothing(self, prm_says: bool) -> FieldDecision:
        """The CRM does not say, or says a blank that wipes nothing."""
        if prm_says:
            return self._take_prm("only the PRM says something")
        return self._decision(Take.EITHER if self.link else Take.NONE, "the CRM does not tell this field")

    def _inward(self) -> Any:
        return MISSING if self.crm is MISSING else self.rule.inward(self.crm_record.values, self.situation.refs)

    def _owned_by_crm(self, inward: Any, crm_changed: bool) -> FieldDecision:
        if self.rule.prm in self.situation.disowned:
            kind = "owned_elsewhere" if crm_changed and self.link else ""
            return self._decision(Take.EITHER, ELSEWHERE, kind=kind)
        return self._take_crm(inward, "the CRM owns this field")

    def _offered(self, inward: Any, crm_changed: bool, prm_changed: bool) -> FieldDecision:
        """A file's value is taken where it is news and nobody here says otherwise; the file is never told ours."""
        if not crm_changed:
            return self._decision(Take.EITHER, "the file says what it said before")
        if not prm_changed:
            return self._take_crm(inward, "only the file changed" if self.link else "the file says so")
        taken = self._conflict(inward)
        return taken if taken.to_prm else self._decision(Take.EITHER, f"what is here stays; {taken.because}")

    def _conflict(self, inward: Any) -> FieldDecision:
        policy = self.situation.adopt if self.adopting and self.situation.adopt else self.rule.policy
        taken = policy(Conflict(self.rule.prm, inward, self.prm, self.crm_record.changed_at, self.prm_record.changed_at))
        name = getattr(policy, "__name__", str(policy))
        return replace(self._taken(taken, inward, f"both {'differ' if self.adopting else 'changed'}; {name}"), policy=name)

    def _taken(self, taken: Take | Merged, inward: Any, because: str) -> FieldDecision:
        if isinstance(taken, Merged):
            return self._take_both(taken.value, because)
        if taken is Take.CRM:
            return self._take_crm(inward, because)
        if taken is Take.PRM:
            return self._take_prm(because)
        return self._decision(taken, because, kind="conflict_open" if taken is Take.HOLD else "", value=inward)

    def _take_both(self, value: Any, because: str) -> FieldDecision:
        """Both sides take the value; where the CRM cannot, neither does."""
        decision = self._take_prm(because, value)
        return replace(decision, take=Take.MERGED, value=value) if decision.to_crm else decision

    def _take_crm(self, inward: Any, because: str) -> FieldDecision:
        return self._decision(Take.CRM, because, value=inward)

    def _take_prm(self, because: str, value: Any = MISSING) -> FieldDecision:
        values = self.prm_record.values if value is MISSING else {**self.prm_record.values, self.rule.prm: value}
        told = self.rule.outward(values, self.situation.refs)
        if not told:
            return self._decision(Take.NONE, "the PRM does not tell this field")
        if all(same(value, self._crm_now(name)) for name, value in told.items()):
            return self._decision(Take.EITHER, SAME)
        if self.situation.read_only:
            return self._decision(Take.EITHER, "the CRM record is read-only since its conversion")
        return self._decision(Take.PRM, because, told=told)

    def _crm_now(self, name: str) -> Any:
        return self.crm if name == self.rule.crm else self.crm_record.values.get(name, MISSING)

    def _decision(
        self, take: Take, because: str, *, value: Any = MISSING, told: Mapping[str, Any] | None = None, kind: str = ""
    ) -> FieldDecision:
        return FieldDecision(
            self.rule.prm, self.rule.crm, take, self.crm, self.prm, because, value, told or {}, kind, crm_parts=self.parts
        )
