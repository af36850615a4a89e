"""The blocks ``pools:``, ``territories:`` and ``business_cases:``, as what routing and distribution take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    Strict,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from centri.mappings.when import LeadWhen, PartnerWhen, RoutingNames, Span, span
from centri.mappings.words import Model, meanings, near
from centri.partners.cases import BUILT_IN, BusinessCase
from centri.partners.conditions import When
from centri.partners.pools import Absent, Caps, Member, Next, Pool, Strategy
from centri.partners.ranking import RANKS
from centri.partners.terms import EXCLUDING, RETAINING, USUAL, Terms
from centri.partners.territories import Territory

Count = Annotated[int, Strict(), Field(ge=1)]


def one_of(known: Any, kind: str) -> AfterValidator:
    """Each word is one of a closed set."""

    def check(words: Any) -> Any:
        for word in words:
            if word not in known:
                raise ValueError(f"no {kind} is called {word!r}{near(str(word), known)}")
        return words

    return AfterValidator(check)


def _listed(known: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "array", "items": {"enum": list(known)}})


def _before(given: Any) -> timedelta:
    """How long before a deadline: 24h and -24h say the same."""
    return span(given.removeprefix("-") if isinstance(given, str) else given)


def _next(given: Any) -> Next:
    if isinstance(given, Next):
        return given
    kind, _, name = str(given).partition(":")
    if kind not in ("pool", "queue") or not name.strip():
        raise ValueError(f"a fallback is pool:NAME or queue:NAME, not {given!r}")
    return Next(kind, name.strip())


def _members(given: Any) -> tuple[Member, ...]:
    if isinstance(given, Mapping):
        for name, weight in given.items():
            if isinstance(weight, bool) or not isinstance(weight, int) or weight < 0:
                raise ValueError(f"the weight of {name} is a whole number, not {weight!r}")
        return tuple(Member(name, weight) for name, weight in given.items())
    if not isinstance(given, list | tuple) or not all(isinstance(name, str | Member) for name in given):
        raise ValueError("members are a list of partners by name, or a block of partners with their weights")
    return tuple(name if isinstance(name, Member) else Member(name) for name in given)


_NEXT = {"type": "string", "pattern": "^(pool|queue):.+$"}
_MEMBERS = {
    "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object", "additionalProperties": {"type": "integer"}}]
}
_BEFORE = {"type": "string", "pattern": "^-?[0-9]+[mhdw]$"}


class CapsBlock(Model):
    """The most that a partner may have for a pool to give it another lead; its own limits bind besides."""

    open: Count | None = Field(default=None, description="The most open leads.")
    day: Count | None = Field(default=None, description="The most leads offered to it in a day (UTC).")


class TermsBlock(Model):
    """What a partner agrees to with a lead."""

    accept_within: Span = Field(
        default=USUAL.accept_within, description="How long an offer stands.", json_schema_extra={"default": "48h"}
    )
    qualify_within: Span | None = Field(
        default=USUAL.qualify_within,
        description="How long after accepting it a partner has to show that it works on the lead; null: it may keep it anyway.",
        json_schema_extra={"default": "5d"},
    )
    retain_if: Annotated[list[str], one_of(RETAINING, "qualifying act"), _listed(RETAINING)] = Field(
        default=sorted(USUAL.retain_if), description="What shows it: any of these activities, or the conversion (`converted`)."
    )
    reminders: list[Annotated[timedelta, PlainValidator(_before), WithJsonSchema(_BEFORE)]] = Field(
        default=list(USUAL.reminders),
        description="How long before a deadline somebody is reminded of it.",
        json_schema_extra={"default": ["24h", "4h"]},
    )
    exclude_on: Annotated[list[str], one_of(EXCLUDING, "reason to exclude"), _listed(EXCLUDING)] = Field(
        default=list(EXCLUDING), description="What bars a partner from being given the lead again."
    )

    @property
    def terms(self) -> Terms:
        return Terms(
            self.accept_within, self.qualify_within, frozenset(self.retain_if), tuple(self.reminders), frozenset(self.exclude_on)
        )


class PoolBlock(TermsBlock):
    """A group of partners, and how leads are spread over it."""

    code: str = Field(alias="$code", default="")
    strategy: Strategy = Field(
        default=Strategy.SHARK_TANK, description="How leads are spread: shark_tank, order, weighted, least_open, longest_idle."
    )
    criteria: PartnerWhen = Field(
        default=When(), description="What a partner must be; it may refer to the lead.", json_schema_extra={"default": {}}
    )
    members: Annotated[tuple[Member, ...], PlainValidator(_members), WithJsonSchema(_MEMBERS)] = Field(
        default=(),
        description="The partners by name, in order, or each with its weight. Without it: all that meet the criteria.",
        json_schema_extra={"default": []},
    )
    max_offers: Count = Field(default=4, description="To how many a tank offers a lead at once.")
    rank: Annotated[list[str], one_of(RANKS, "rank"), _listed(sorted(RANKS))] = Field(
        default=["expertise", "performance", "reach"],
        description=f"Who is offered it first, asked in this order.\n\n{meanings(RANKS)}",
    )
    caps: CapsBlock = Field(
        default=CapsBlock(), description="The most leads that a partner may have.", json_schema_extra={"default": {}}
    )
    absent: Absent = Field(default=Absent.SKIP, description="The turn of a member that is away: skip, accrue, hold.")
    fallback: list[Annotated[Next, PlainValidator(_next), WithJsonSchema(_NEXT)]] = Field(
        default_factory=list, description="Where a lead goes that the pool cannot place: `pool:NAME`, `queue:NAME`, in order."
    )

    @field_validator("fallback")
    @classmethod
    def _known_pools(cls, given: list[Next], info: ValidationInfo) -> list[Next]:
        known = RoutingNames.of(info).pools
        for found in given:
            if found.kind == "pool" and found.name not in known:
                raise ValueError(f"no pool is called {found.name!r}{near(found.name, known)}")
        return given

    @model_validator(mode="after")
    def _fits(self) -> PoolBlock:
        tank = self.strategy is Strategy.SHARK_TANK
        for name in ("max_offers", "rank") if not tank else ("absent",):
            if name in self.model_fields_set:
                raise ValueError(f"{name!r} is {'not ' if tank else ''}for a shark tank; the strategy is {self.strategy.value}")
        if self.absent is Absent.ACCRUE and self.strategy not in (Strategy.ORDER, Strategy.WEIGHTED):
            raise ValueError(f"'absent: accrue' is for order and weighted: {self.strategy.value} makes good for itself")
        return self

    @property
    def pool(self) -> Pool:
        return Pool(
            self.code, self.strategy, self.criteria, self.members, self.max_offers, tuple(self.rank),
            Caps(self.caps.open, self.caps.day), self.absent, self.terms, tuple(self.fallback),
        )  # fmt: skip


class TerritoryBlock(Model):
    """A part of the market."""

    code: str = Field(alias="$code", default="")
    name: str = Field(default="", description="What people call it.")
    parent: str | None = Field(default=None, description="The territory that encloses it; the parent's conditions bind it too.")
    when: LeadWhen = Field(
        default=When(),
        description="Which leads lie in it. Without it: those of the territories in it.",
        json_schema_extra={"default": {}},
    )

    @property
    def territory(self) -> Territory:
        return Territory(self.code, self.parent, self.name, self.when)


BUILT_IN_CASES = {case.name: case for case in BUILT_IN}


class CaseBlock(Model):
    """A business case: its conditions, or nothing for one that centri knows."""

    name: str = Field(alias="$name", default="")
    when: LeadWhen | None = Field(default=None, alias="$when")

    @model_validator(mode="after")
    def _meant(self) -> CaseBlock:
        if self.when is None and self.name not in BUILT_IN_CASES:
            known = near(self.name, BUILT_IN_CASES)
            raise ValueError(f"no business case is called {self.name!r}{known}; one of your own needs conditions")
        return self

    @property
    def case(self) -> BusinessCase:
        return BUILT_IN_CASES[self.name] if self.when is None else BusinessCase(self.name, self.when)
