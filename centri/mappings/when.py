"""Conditions of rules, pools, territories and business cases, as they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from pydantic import PlainValidator, ValidationInfo, WithJsonSchema
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from centri.dedupe.standards import country
from centri.mappings.words import near
from centri.partners.conditions import Condition, Test, When
from centri.partners.lead_words import COUNTRY, LEAD_WORDS, Fact
from centri.partners.partner_words import PARTNER_WORDS
from centri.partners.terms import duration
from centri.values import country_codes


@dataclass(frozen=True, slots=True)
class RoutingNames:
    """What the blocks of routing may refer to. ``lead_fields`` is None where the PRM's fields are not known here.

    ``codes`` are the values of facts that the dictionaries or other blocks name; ``barred`` the facts that cannot be asked for
    here, because they are told only after.
    """

    lead_fields: Collection[str] | None = None
    pools: Collection[str] = ()
    codes: Mapping[str, Collection[str]] = field(default_factory=dict)
    barred: Collection[str] = ()

    @classmethod
    def of(cls, info: ValidationInfo) -> RoutingNames:
        return info.context if isinstance(info.context, RoutingNames) else cls()


_TESTS = tuple(test.value for test in Test if test is not Test.IS)
_KINDS: Mapping[Test, str] = {
    Test.AT_LEAST: "number", Test.AT_MOST: "number", Test.WITHIN: "moment", Test.STARTS_WITH: "text", Test.CONTAINS: "text",
}  # fmt: skip
"""What a fact must be for a test."""


def _lead_when(given: Any, info: ValidationInfo) -> When:
    return given if isinstance(given, When) else _parsed(given, LEAD_WORDS, RoutingNames.of(info), of_partner=False)


def _partner_when(given: Any, info: ValidationInfo) -> When:
    return given if isinstance(given, When) else _parsed(given, PARTNER_WORDS, RoutingNames.of(info), of_partner=True)


def _parsed(given: Any, words: Mapping[str, Fact], names: RoutingNames, *, of_partner: bool) -> When:
    """Raises ValidationError with every fault, each at its place."""
    faults: list[InitErrorDetails] = []

    def block(raw: Any, place: tuple[str | int, ...]) -> tuple[Condition, ...]:
        if not isinstance(raw, Mapping) or not raw:
            faults.append(_fault("conditions are a block of facts: {fact: value}, or a list of such blocks", place, raw))
            return ()
        found: list[Condition] = []
        for name, wanted in raw.items():
            try:
                found.extend(_conditions(name, wanted, words, names, of_partner=of_partner))
            except ValueError as error:
                faults.append(_fault(str(error), (*place, name), wanted))
        return tuple(found)

    blocks = [block(raw, (i,)) for i, raw in enumerate(given)] if isinstance(given, list) else [block(given, ())]
    if given == []:
        faults.append(_fault("conditions are a block of facts: {fact: value}, or a list of such blocks", (), given))
    if faults:
        raise ValidationError.from_exception_data("conditions", faults)
    return When(tuple(blocks))


def _fault(message: str, place: tuple[str | int, ...], given: Any) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("value_error", "{said}", {"said": message}), loc=place, input=given)


def _conditions(
    name: str, wanted: Any, words: Mapping[str, Fact], names: RoutingNames, *, of_partner: bool
) -> Iterator[Condition]:
    """What is asked of one fact: one condition, or several tests that all must be met. Raises ValueError."""
    known = {*words, *(() if of_partner else names.lead_fields or ())} - set(names.barred)
    if name in names.barred:
        raise ValueError(f"{name!r} is not known yet where this is decided")
    if name not in known and (of_partner or names.lead_fields is not None):
        raise ValueError(
            f"no fact of a {'partner' if of_partner else 'lead'} is called {name!r}{near(name, _offered(name, known))}"
        )
    fact = words.get(name) or Fact("", lambda lead: None)
    if not isinstance(wanted, Mapping):
        yield Condition(name, Test.IS, _values(name, Test.IS, wanted, fact, names, plain=name not in words))
        return
    for test in wanted or ("",):
        if test not in _TESTS or (test == Test.SAME_AS and not of_partner):
            offered = [t for t in _TESTS if of_partner or t != Test.SAME_AS]
            raise ValueError(f"no test of {name!r} is called {test!r}{near(test, offered)}")
        yield Condition(name, Test(test), _values(name, Test(test), wanted[test], fact, names, plain=name not in words))


def _offered(name: str, known: Collection[str]) -> Collection[str]:
    """The words come before the columns of a lead, which are many."""
    return known if near(name, known).startswith("; did") else [word for word in known if word in {*LEAD_WORDS, *PARTNER_WORDS}]


def _values(name: str, test: Test, given: Any, fact: Fact, names: RoutingNames, *, plain: bool) -> tuple[Any, ...]:
    """``plain``: a column of the lead, whose kind is not known here."""
    listed = tuple(given) if isinstance(given, list) else (given,)
    if not listed or not all(v is None or isinstance(v, str | int | float | bool) for v in listed):
        raise ValueError(f"the condition on {name!r} must name at least one value: text, a number, true, false or blank")
    if test is Test.SAME_AS:
        return _other_fact(name, listed)
    needed = _KINDS.get(test, fact.kind)
    if not plain and needed != fact.kind:
        raise ValueError(f"{name!r} is no {needed}, so it has no {test.value!r}")
    if test is Test.IS and fact.kind == "moment" and listed != (None,):
        raise ValueError(f"{name!r} is a moment; say {{within: 90d}}, or null where there is none")
    return tuple(_value(name, test, value, fact, names, plain=plain) for value in listed)


def _value(name: str, test: Test, value: Any, fact: Fact, names: RoutingNames, *, plain: bool) -> Any:
    if test is Test.WITHIN:
        return span(value)
    kind = "number" if test in (Test.AT_LEAST, Test.AT_MOST) else "text" if test in _KINDS else "" if plain else fact.kind
    if value is None and test in (Test.IS, Test.NOT):
        return None
    if kind == "flag" and not isinstance(value, bool):
        raise ValueError(f"{name!r} is true or false, not {value!r}")
    if kind == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise ValueError(f"{name!r} is a number, not {value!r}")
    if kind == "text" and not isinstance(value, str):
        raise ValueError(f'{name!r} is text; write it in quotes: "{value}"')
    known = fact.choices or names.codes.get(name) or (country_codes() if name == COUNTRY else ())
    if known and test in (Test.IS, Test.NOT) and value not in known:
        written = country(value) if name == COUNTRY else None
        hint = f"; write {written}" if written else near(str(value), known)
        raise ValueError(f"no {name.replace('_', ' ')} is called {value!r}{hint}")
    return value


def _other_fact(name: str, listed: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(listed) != 1 or listed[0] not in LEAD_WORDS:
        raise ValueError(f"'same_as' of {name!r} names a fact of the lead{near(str(listed[0]), LEAD_WORDS)}")
    return listed


def span(given: Any) -> timedelta:
    """A time span. Raises ValueError."""
    return given if isinstance(given, timedelta) else duration(str(given))


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _schema(words: Mapping[str, Fact], *, more: bool) -> dict[str, Any]:
    """Blocks of facts; ``more``: columns of the lead may stand there too."""
    facts = {name: {"description": fact.meaning, **_shape(fact)} for name, fact in words.items()}
    rest: Any = _shape(Fact("", lambda lead: None)) if more else False
    block = {"type": "object", "minProperties": 1, "properties": facts, "additionalProperties": rest}
    return {"anyOf": [block, {"type": "array", "minItems": 1, "items": block}]}


def _shape(fact: Fact) -> dict[str, Any]:
    if not fact.choices:
        return {"anyOf": [_ref("FactValues"), _ref("FactTests")]}
    one = {"enum": [*fact.choices, None]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}, _ref("FactTests")]}


_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_MANY = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR, "minItems": 1}]}
_MEANING: Mapping[Test, str] = {
    Test.NOT: "None of these values.",
    Test.AT_LEAST: "A number that is no smaller.",
    Test.AT_MOST: "A number that is no larger.",
    Test.STARTS_WITH: "A text that begins with one of these.",
    Test.CONTAINS: "A text that holds one of these anywhere.",
    Test.WITHIN: "A day or moment that is no longer ago than this: 90d.",
    Test.SAME_AS: "Of a partner: the same as this fact of the lead, or one of the same.",
}
_TESTED = {test.value: {"description": told, **_ref("FactValues")} for test, told in _MEANING.items()}

SCHEMAS: Mapping[str, dict[str, Any]] = {
    "LeadConditions": _schema(LEAD_WORDS, more=True),
    "PartnerConditions": _schema(PARTNER_WORDS, more=False),
    "FactValues": _MANY,
    "FactTests": {"type": "object", "additionalProperties": False, "minProperties": 1, "properties": _TESTED},
}
"""What the editor is told of conditions, once for all places that refer to it by REFER."""

REFER = "x-conditions"

LeadWhen = Annotated[When, PlainValidator(_lead_when), WithJsonSchema({REFER: "LeadConditions"})]
PartnerWhen = Annotated[When, PlainValidator(_partner_when), WithJsonSchema({REFER: "PartnerConditions"})]
Span = Annotated[timedelta, PlainValidator(span), WithJsonSchema({"type": "string", "pattern": "^[0-9]+[mhdw]$"})]
"""A time span: 30m, 48h, 5d, 2w."""
