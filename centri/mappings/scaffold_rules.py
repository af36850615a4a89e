"""The rule proposed for a PRM field and the CRM field found for it. What is guessed only flows in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from centri.descriptions import Field
from centri.mappings.scaffold_fields import PrmField
from centri.mappings.scaffold_match import Match
from centri.mappings.scaffold_values import Meant, invertible, slug, value_map
from centri.mappings.standard import StandardField, standards

_COUNTRIES = ("MailingCountry", "primary_address_country", "BillingCountry", "Country", "billing_address_country")
_OUT = ("out", "both")
_BY_KIND = {"integer": "integer", "number": "number", "boolean": "boolean"}


@dataclass(frozen=True, slots=True)
class Lists:
    """What stands around a rule: the block's PRM fields, the object's fields, and the connection's entities by object."""

    connection: str
    entity: str
    prm: Collection[str]
    crm: Mapping[str, Field]
    mapped: Mapping[str, str]
    choices: Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A proposed rule as it is written: ``keys`` besides ``crm``. ``off`` says why it is written as a comment only."""

    prm: str
    crm: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    match: Match | None = None
    note: str = ""
    off: str = ""
    map_name: str = ""
    map: Sequence[Meant] = ()
    otherwise: str | None = None

    @property
    def unsure(self) -> bool:
        doubted = self.match is not None and not self.match.sure
        return not self.off and (doubted or any(not meant.sure for meant in self.map))

    @property
    def told_on_create(self) -> bool:
        return self.keys.get("on_create", self.keys.get("direction", "both")) in _OUT


def rule(match: Match, prm: PrmField, crm: Field, around: Lists) -> Rule:
    """The rule for a match, as a comment where it cannot work yet."""
    standard = standards()[around.entity].fields.get(match.prm, StandardField())
    keys: dict[str, Any] = {}
    off = note = ""
    meant: list[Meant] = []
    if prm.kind == "reference":
        off = _reference(keys, prm, standard, around)
    else:
        meant, off, note = _transform(keys, prm, crm, standard, around)
    keys |= {key: value for key, value in standard.rule.items() if key != "transform"}
    off = _direct(keys, match, prm, crm, meant) or off
    name = f"{around.connection}_{around.entity}_{match.prm}" if meant else ""
    if meant:
        keys = _mapped(name, prm, keys)
        note = note or ("" if crm.choices or crm.type == "boolean" else "values seen in records; add the others")
    return Rule(match.prm, match.crm, keys, match, note, off, name, meant, standard.otherwise)


def _mapped(name: str, prm: PrmField, keys: Mapping[str, Any]) -> dict[str, Any]:
    if prm.kind == "list":
        return {"transform": {"list": name}, **keys}
    return {"transform": {"choice": name}, **keys, "nulls": "ignore"}


def _transform(
    keys: dict[str, Any], prm: PrmField, crm: Field, standard: StandardField, around: Lists
) -> tuple[list[Meant], str, str]:
    """Puts the transform into ``keys``. Answers the value map, why the rule is off, and what to say of it."""
    choices = prm.choices or standard.one_of or (("false", "true") if prm.kind == "boolean" and crm.type == "choice" else ())
    if choices and not (prm.kind == "boolean" and crm.type == "boolean"):
        values = around.choices(crm.name)
        if values:
            return value_map(choices, values, standard, crm.name), "", ""
        return [], f"list the values of {crm.name} in a value map first; the PRM's are {', '.join(choices)}", ""
    if prm.kind == "list" and (values := around.choices(crm.name)):
        return [Meant(value, slug(value), 1.0, sure=True) for value in values], "", ""
    note = ""
    if crm.name in standard.whole:
        keys["transform"] = standard.whole[crm.name]
    elif standard.rule.get("transform") == "phone":
        keys["transform"], note = _phone(around)
    elif crm.type == "emails":
        keys["transform"] = "emails"
    elif "transform" in standard.rule:
        keys["transform"] = standard.rule["transform"]
    elif transform := _by_type(prm, crm):
        keys["transform"] = transform
    elif standard.truncate and crm.length:
        cut = {"length": crm.length, "cut": True} if standard.truncate == "cut" else crm.length
        keys["transform"] = {"truncate": cut}
    return [], "", note


def _by_type(prm: PrmField, crm: Field) -> str:
    """What brings a CRM field's values into the PRM field's form; empty where they have it."""
    if prm.kind in ("money", "date", "list"):
        return prm.kind
    if prm.kind == "datetime":
        return "" if prm.derived or crm.type == "datetime" else "datetime"
    if prm.kind == "text":
        return "text" if crm.type in ("integer", "number", "money") else ""
    return _BY_KIND.get(prm.kind, "") if prm.kind != crm.type else ""


def _phone(around: Lists) -> tuple[Any, str]:
    """A number without country code is dialled in the record's country."""
    if "country_code" in around.prm:
        return {"phone": {"region_from": "country_code"}}, ""
    beside = next((name for name in _COUNTRIES if name in around.crm), "")
    if beside:
        return {"phone": {"region_from_crm": beside}}, ""
    return "phone", "numbers without country code need a region: {phone: DE}"


def _reference(keys: dict[str, Any], prm: PrmField, standard: StandardField, around: Lists) -> str:
    wanted = standard.to or (prm.to,)
    carried = [entity for entity in wanted if entity in around.mapped]
    if not carried:
        keys["reference"] = wanted[0] if len(wanted) == 1 else list(wanted)
        return f"map {' or '.join(wanted)} on this connection first"
    keys["reference"] = carried[0] if len(carried) == 1 else carried
    if len(carried) > 1 and standard.type_field in around.crm:
        keys["type_field"] = standard.type_field
        keys["type_names"] = {entity: around.mapped[entity] for entity in carried}
    return ""


def _direct(keys: dict[str, Any], match: Match, prm: PrmField, crm: Field, meant: Sequence[Meant]) -> str:
    """Settles the direction: nothing is told to the CRM that is guessed, that it does not take, or that has no way back.

    Answers why the rule is off, if it is.
    """
    told = {keys.get("direction", "both"), keys.get("on_create", "none")} & set(_OUT)
    if not told:
        return ""
    if keys.get("direction") == "out" or prm.derived:
        if not match.sure:
            return f"unsure: {match.score:.2f}; it tells the CRM, so look before you let it"
        return "" if crm.updateable else f"{crm.name} may not be written by our user"
    readable_only = not crm.updateable and not crm.createable
    unlisted = prm.kind == "list" and not crm.choices
    guessed = not match.sure or unlisted or (bool(meant) and (not invertible(meant) or not all(one.sure for one in meant)))
    one_way = keys.get("transform") == "email_opt_out"
    if readable_only or guessed or one_way:
        for key in ("policy", "default", "placeholder"):
            keys.pop(key, None)
        keys["direction"] = "in"
    elif not crm.updateable and crm.createable and prm.kind != "reference":
        keys["direction"], keys["on_create"] = "in", "both"
    if (
        keys.get("direction") == "in"
        and keys.get("missing") is None
        and "reference" in keys
        and keys["reference"] == "vendor_user"
    ):
        keys["missing"] = "report"
    return ""
