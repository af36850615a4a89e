"""A starting mapping: what a CRM describes, what the PRM holds, and the rules that are proposed for the two. Decisions only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from centri.descriptions import Field
from centri.mappings.scaffold_fields import PrmField
from centri.mappings.scaffold_match import Match, matches, nearest
from centri.mappings.scaffold_rules import Lists, Rule, rule
from centri.mappings.standard import Standard, standards

Fields = Mapping[str, Field]
PrmFields = Callable[[str], Mapping[str, PrmField]]


@dataclass(frozen=True, slots=True)
class Seen:
    """One object as a CRM describes it, and the values of choices that it lists nowhere but that records were seen with."""

    object: str
    fields: Fields
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def choices(self, name: str) -> Sequence[str]:
        described = self.fields[name]
        return ("false", "true") if described.type == "boolean" else described.choices or self.values.get(name, ())


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposed block: an entity on a connection. ``remarks`` are written above it, ``wanting`` and ``left`` below."""

    entity: str
    connection: str
    object: str
    keys: Mapping[str, Any]
    rules: Sequence[Rule]
    remarks: Sequence[str] = ()
    wanting: Sequence[Field] = ()
    """Required CRM fields that nothing feeds."""
    left: Sequence[tuple[Field, str]] = ()
    """Custom fields that nothing was found for, with the nearest PRM field."""

    @property
    def unsure(self) -> int:
        return sum(one.unsure for one in self.rules)


def draft(entity: str, connection: str, seen: Seen, prm: Mapping[str, PrmField], mapped: Mapping[str, str]) -> Draft | None:
    """The block for an entity; None where the object cannot tell its records from others. ``mapped`` is entity -> object."""
    known = standards()[entity]
    keys, remarks = _keys(known, seen)
    if known.only and "where" not in keys:
        return None
    wanted = {name: prm[name] for name in known.fields}
    found = matches(entity, wanted, seen.fields, taken=[keys["key"]["crm"]] if "key" in keys else [])
    rules = rules_of(entity, connection, seen, prm, found, mapped)
    used = {one.crm for one in rules} | {keys["key"]["crm"] if "key" in keys else ""}
    fed = {one.crm for one in rules if not one.off and one.told_on_create}
    wanting = [f for f in seen.fields.values() if f.required and f.createable and f.name not in fed] if known.create else []
    free = [f for n, f in wanted.items() if n not in {one.prm for one in rules if not one.off}]
    left = [(f, _near(entity, free, f)) for f in seen.fields.values() if f.name not in used and _custom(f)]
    unfed = [n for n, f in prm.items() if f.required and n not in {one.prm for one in rules if not one.off}]
    remarks += [f"unsure: nothing feeds {name}, and without it no {entity} can be made" for name in unfed]
    return Draft(entity, connection, seen.object, keys, rules, remarks, wanting, left)


def rules_of(
    entity: str, connection: str, seen: Seen, prm: Mapping[str, PrmField], found: Sequence[Match], mapped: Mapping[str, str]
) -> list[Rule]:
    """The rules for some matches. Each sees which others there are: a number's region is that of the record's country."""
    lists = Lists(connection, entity, frozenset(match.prm for match in found), seen.fields, mapped, seen.choices)
    return [rule(match, prm[match.prm], seen.fields[match.crm], lists) for match in found]


def _keys(known: Standard, seen: Seen) -> tuple[dict[str, Any], list[str]]:
    """The keys of the block above its fields, and what to say of those that are missing."""
    keys, remarks = dict(known.keys), []
    if known.only and (where := _only(known, seen)):
        keys["where"] = where
        if not any(_like(known, v) for v in seen.choices(next(iter(where)))):
            remarks.append("unsure: no value was seen by which a partner is known; mend the filter")
    if known.flag:
        flag = next((n for n, f in seen.fields.items() if f.type == "boolean" and _custom(f) and _flagged(known, n)), "")
        said = f"where: {{{flag}: true}}" if flag else "where: {Field: value}"
        remarks.append(f"{said}  # without a filter every record enters")
    if known.key != "no":
        carrier = next((f for f in seen.fields.values() if f.createable and _carries(f)), None)
        if carrier:
            keys["key"] = {"crm": carrier.name, "write": known.key}
        else:
            remarks.append("key: a text field of 36 characters, unique and marked as external id, to carry our id; name it here")
    if known.create:
        remarks.append(f"create: {known.create}  # lets records that begin here enter the CRM; without it none does")
    return keys, remarks


def _only(known: Standard, seen: Seen) -> dict[str, list[str]]:
    assert known.only is not None
    for name in known.only.field:
        if name in seen.fields:
            values = [value for value in seen.choices(name) if _like(known, value)]
            return {name: values or [word.capitalize() for word in known.only.like[:2]]}
    return {}


def _like(known: Standard, value: str) -> bool:
    return bool(known.only) and any(word in value.casefold() for word in (known.only.like if known.only else ()))


def _flagged(known: Standard, name: str) -> bool:
    return any(word in name.casefold() for word in known.flag)


def _carries(described: Field) -> bool:
    """Whether a field is there to carry our id; another system's external id is not ours to write."""
    return described.external_key and described.name.casefold().endswith(("prm_id__c", "prm_id_c", "centri_id__c", "sync_key"))


def _custom(described: Field) -> bool:
    return described.name.endswith(("__c", "_c"))


def _near(entity: str, free: Collection[PrmField], described: Field) -> str:
    found = nearest(entity, free, described)
    return f"{found[0][0]} ({found[0][1]:.2f})" if found and found[0][1] >= 0.4 else ""
