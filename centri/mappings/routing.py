"""The block ``routing:``: rules, in order, of one or several ways to market."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator, model_validator

from centri.mappings.pooling import PoolBlock, TerritoryBlock, one_of
from centri.mappings.when import LeadWhen, RoutingNames, Span
from centri.mappings.words import Model, near
from centri.partners.conditions import When
from centri.partners.routing import Rule, RuleSet
from centri.partners.targets import Aim, Target
from centri.partners.terms import USUAL, Terms
from centri.values import email

ROLES = ("admin", "channel_manager", "isr", "ae", "ops", "viewer")
"""The roles of the vendor's people."""


class Whose(StrEnum):
    """Which partner a lead goes to."""

    NAMED_ACCOUNT = "named_account"
    """The one that the account is pinned to alone; where it cannot take the lead, nobody gets it."""
    OWNER = "owner"
    """The one that has the account now."""
    REQUESTED = "requested"
    """The one that the company asked for."""
    SOURCE = "source"
    """The one that brought the lead."""


class Owned(StrEnum):
    """Whose owner among the vendor's people a lead goes to."""

    OPPORTUNITY = "opportunity"
    """That of the account's open opportunity."""
    ACCOUNT = "account"
    """That of the account."""


def _partner(given: Any) -> tuple[str, bool]:
    """The word, or the name, and whether it is a name."""
    if isinstance(given, tuple):
        return given
    if isinstance(given, Mapping) and list(given) == ["name"] and isinstance(given["name"], str):
        return given["name"], True
    words = [word.value for word in Whose]
    if given not in words:
        raise ValueError(f"a partner is {', '.join(words)} or {{name: NAME}}, not {given!r}{near(str(given), words)}")
    return given, False


_NAMED = {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {"name": {"type": "string"}}}
_PARTNER = {"anyOf": [{"enum": [word.value for word in Whose]}, _NAMED]}
_ROLES = {"anyOf": [{"enum": list(ROLES)}, {"type": "array", "items": {"enum": list(ROLES)}}]}
_AIMS = ("partner", "partners", "pool", "queue", "owner_of", "user", "stop")


class Then(Model):
    """What is done with a lead: one of the first seven, and more about it."""

    partner: Annotated[tuple[str, bool], PlainValidator(_partner), WithJsonSchema(_PARTNER)] | None = Field(
        default=None, description="It goes to one partner: named_account, owner, requested, source, or {name: NAME}."
    )
    partners: Literal["named_account"] | None = Field(
        default=None, description="It is offered to all partners that the account is pinned to, and to no other."
    )
    pool: str | None = Field(default=None, description="It goes into a pool.")
    queue: str | None = Field(default=None, min_length=1, description="It waits in this queue for the vendor's own people.")
    owner_of: Owned | None = Field(
        default=None, description="It goes to the vendor's owner of the opportunity, or of the account."
    )
    user: str | None = Field(default=None, description="It goes to one of the vendor's people, by e-mail address.")
    stop: str | None = Field(default=None, min_length=1, description="It goes to nobody, for this reason.")
    reason: str = Field(default="", description="Told with the decision.")
    alert: Annotated[list[str], one_of(ROLES, "role"), WithJsonSchema(_ROLES)] = Field(
        default_factory=list, description="The roles of the vendor's people that are told: one, or a list."
    )
    accept_within: Span | None = Field(default=None, description="How long a partner has to accept; unless given 48h.")
    qualify_within: Span | None = Field(default=None, description="How long it then has to show its work; unless given 5d.")

    @field_validator("alert", mode="before")
    @classmethod
    def _alert(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("pool")
    @classmethod
    def _known_pool(cls, given: str | None, info: ValidationInfo) -> str | None:
        known = RoutingNames.of(info).pools
        if given is not None and given not in known:
            raise ValueError(f"no pool is called {given!r}{near(given, known)}")
        return given

    @field_validator("user")
    @classmethod
    def _address(cls, given: str | None) -> str | None:
        return None if given is None else email(given)

    @model_validator(mode="after")
    def _one(self) -> Then:
        given = [name for name in _AIMS if getattr(self, name) is not None]
        if len(given) != 1:
            told = f"{' and '.join(given)} are several" if given else "there is none"
            raise ValueError(f"a rule does one thing ({', '.join(_AIMS)}); {told}")
        timed = [name for name in ("accept_within", "qualify_within") if name in self.model_fields_set]
        if timed and given[0] not in ("partner", "partners"):
            raise ValueError(
                f"{timed[0]!r} is for partners; {'the pool has its own' if self.pool else 'nobody has to accept it'}"
            )
        return self

    @property
    def target(self) -> Target:
        more: dict[str, Any] = {"reason": self.reason or self.stop or "", "alert": tuple(self.alert), "terms": self._terms}
        if self.partner is not None:
            return Target(Aim.PARTNER, self.partner[0], by_name=self.partner[1], **more)
        if self.owner_of is not None:
            return Target(Aim.USER, self.owner_of.value, **more)
        if self.user is not None:
            return Target(Aim.USER, self.user, by_name=True, **more)
        aims = {Aim.PARTNERS: self.partners, Aim.POOL: self.pool, Aim.QUEUE: self.queue, Aim.STOP: self.stop}
        aim, name = next((aim, name) for aim, name in aims.items() if name is not None)
        return Target(aim, name, **more)

    @property
    def _terms(self) -> Terms:
        qualify = self.qualify_within if "qualify_within" in self.model_fields_set else USUAL.qualify_within
        return Terms(self.accept_within or USUAL.accept_within, qualify)


class RuleBlock(Model):
    """One rule: ``when`` and ``then``, or the last one's ``else``."""

    name: str = Field(default="", description="What it is called when decisions are explained; unless given rule 1, rule 2, ...")
    when: LeadWhen = Field(
        default=When(), description="Which leads it is for. Without it: all.", json_schema_extra={"default": {}}
    )
    then: Then | None = Field(default=None, description="What is done with them.")
    otherwise: Then | None = Field(default=None, alias="else", description="In place of `when` and `then`: all other leads.")

    @model_validator(mode="after")
    def _whole(self) -> RuleBlock:
        if (self.then is None) == (self.otherwise is None):
            raise ValueError("a rule has a 'then', or as the last of all an 'else'")
        if self.otherwise and "when" in self.model_fields_set:
            raise ValueError("'else' is for all other leads; it has no 'when'")
        return self

    def rule(self, number: int) -> Rule:
        then = self.then or self.otherwise
        assert then is not None
        return Rule(self.name or ("else" if self.otherwise else f"rule {number}"), self.when, then.target)


class RuleSetBlock(Model):
    """The rules of one way to market."""

    when: LeadWhen = Field(
        default=When(), description="Which leads they are for; the first set that fits is asked, and no other.",
        json_schema_extra={"default": {}},
    )  # fmt: skip
    rules: list[RuleBlock] = Field(min_length=1, description="In order; the first that matches decides.")

    def rule_set(self, name: str) -> RuleSet:
        return RuleSet(name, tuple(block.rule(i) for i, block in enumerate(self.rules, 1)), self.when)


class RoutingKeys(Model):
    """The keys of the file that are about who gets a lead."""

    business_cases: Mapping[str, LeadWhen | None] = Field(
        default_factory=dict,
        description="Kinds of business in order; the first that holds is the lead's. Blank: as centri knows it.",
    )
    territories: Mapping[str, TerritoryBlock] = Field(
        default_factory=dict, description="Parts of the market, each under its code."
    )
    pools: Mapping[str, PoolBlock] = Field(default_factory=dict, description="Groups of partners that leads are spread over.")
    routing: list[RuleBlock] | Mapping[str, RuleSetBlock] = Field(
        default_factory=list,
        description="Who gets a lead: rules in order, or several sets of them, each under a name of its own.",
    )
