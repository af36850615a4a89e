"""What ``mappings.yaml`` means once parsed: connections, mappings of entities to CRM objects, matching rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from centri.dedupe.dictionaries import Dictionaries, shipped
from centri.dedupe.duplicates.policy import DedupePolicy
from centri.dedupe.matcher import MatchRules
from centri.errors import ConfigError
from centri.mappings.alerting import Alerting
from centri.mappings.choices import ValueMap
from centri.mappings.conditions import Create, CreateBlock, FilterBlock
from centri.mappings.deduping import Deduping
from centri.mappings.environments import ADDRESSES, PRODUCTION, Environments
from centri.mappings.hooks import Hook
from centri.mappings.matching import LeadAccount, MatchingBlock
from centri.mappings.merging import OnMerge
from centri.mappings.notifying import Notifying
from centri.mappings.order import circle, parents_first
from centri.mappings.routing import RoutingKeys
from centri.mappings.rules import FieldRule, bind
from centri.mappings.source import EnvRef
from centri.mappings.standardizing import Standardize
from centri.mappings.transform import Flag
from centri.mappings.words import Model, Word, near, percent
from centri.partners.routing import Routing
from centri.sync.breaker import USUAL
from centri.sync.budget import Budget
from centri.sync.filters import Filter, OnLeave
from centri.sync.link import Role
from centri.sync.policies import POLICIES, Policy, fill_blanks
from centri.sync.reconcile import OnDelete


class KeyWrite(StrEnum):
    """When our id is written into a CRM record."""

    ON_CREATE = "on_create"
    ALONG = "along"
    """When something else is written to it."""
    ALWAYS = "always"


class Entry(StrEnum):
    """Which CRM records become records of the PRM."""

    ALWAYS = "always"
    """Every one that the filter lets in: it is found here, or is new."""
    MATCHED = "matched"
    """Only one that is found here; of the others nothing is made, and nothing said."""


class KeyRule(Model):
    """The CRM field that carries our id. Just its name says: written along with other fields."""

    short = "crm"
    crm: str = Field(min_length=1, description="The CRM's field.")
    write: KeyWrite = Field(
        default=KeyWrite.ALONG, description="When our id is written: on_create, along (with another write), always."
    )


_SHARE = {"type": "string", "pattern": r"^(100|\d{1,2})\s*%$", "default": "30%"}


def _spelled_out(given: Any, short: str) -> Any:
    return {short: given} if isinstance(given, str) else given


class EntityMapping(Model):
    """How one PRM entity and one CRM object correspond on one connection.

    An ``as_lead`` block is a mapping of its own, whose role is ``push_lead``: it says how an opportunity travels on a CRM lead.
    """

    entity: str = Field(alias="$entity", default="")
    connection: str = Field(alias="$connection", default="")
    role: Role = Field(alias="$role", default=Role.ORIGIN)
    sha: str = Field(alias="$sha", default="")

    object: str = Field(min_length=1, description="The CRM's object or module.")
    where: FilterBlock = Field(
        default=Filter(),
        description="Which CRM records may enter. Linked ones stay in step either way.",
        json_schema_extra={"default": {}},
    )
    on_leave: OnLeave = Field(
        default=OnLeave.KEEP,
        description="What leaving the filter means for a lead that a partner has or was offered: keep, withdraw.",
    )
    enter: Entry = Field(
        default=Entry.ALWAYS, description="Which of those become records of the PRM: always, or only where matched to one."
    )
    refuse_over: Annotated[float, BeforeValidator(percent), WithJsonSchema(_SHARE)] = Field(
        default=0.3,
        description="A run that would change a larger share of the records is refused.",
        json_schema_extra={"default": "30%"},
    )
    breaker: int = Field(
        default=USUAL,
        ge=1,
        description="How often within an hour the CRM may take back what was written to a record, before the record waits.",
    )
    on_delete: OnDelete = Field(
        default=OnDelete.HOLD, description="What a deletion on one side means for the other: hold, unlink, delete."
    )
    on_merge: OnMerge = Field(
        default=OnMerge(),
        description="What the CRM is told of a record whose row went into another as its duplicate: close, keep, or a block.",
        json_schema_extra={"default": "close"},
    )
    adopt: Annotated[Policy, Word(POLICIES, "conflict policy")] = Field(
        default=fill_blanks, json_schema_extra={"default": "fill_blanks"}
    )
    create: CreateBlock = Field(
        default=Create(),
        description="Whether a PRM record may be born in this CRM: never, needed, always, {when: ...}.",
        json_schema_extra={"default": "never"},
    )
    append_only: Flag = Field(default=False, description="Records are never updated after the first sync.")
    key: KeyRule | None = Field(default=None, description="The CRM field that carries our id.")
    push_as: Literal["lead", "opportunity"] = Field(
        default="opportunity", description="As what an opportunity born in the PRM is first told to this CRM."
    )
    as_lead: EntityMapping | None = Field(
        default=None, description="How an opportunity travels on a CRM lead. Its fields flow out."
    )
    fields: Mapping[str, FieldRule] = Field(min_length=1, description="PRM field: CRM field, or a block that says more.")

    _left_out: tuple[FieldRule, ...] = PrivateAttr(default=())
    _unfed: tuple[str, ...] = PrivateAttr(default=())

    @property
    def left_out(self) -> tuple[FieldRule, ...]:
        """Rules that cannot be followed as the CRM's schema stands; their memory in links is left alone."""
        return self._left_out

    @property
    def unfed(self) -> tuple[str, ...]:
        """CRM fields that a new record must fill by now, and that nothing feeds."""
        return self._unfed

    def reduced(self, fields: Mapping[str, FieldRule], *, unfed: Sequence[str] = (), gone: Collection[str] = ()) -> EntityMapping:
        """The mapping with these rules alone, in mind of those that it had besides; ``gone`` is not told of merges either."""
        made = self.model_copy(update={"fields": fields, "on_merge": self.on_merge.without(gone)})
        for derived in ("rules", "crm_fields", "parents"):
            made.__dict__.pop(derived, None)
        made._left_out = tuple(rule for prm, rule in self.fields.items() if prm not in fields)  # noqa: SLF001 - its own class
        made._unfed = tuple(unfed)  # noqa: SLF001 - its own class
        return made

    @property
    def is_push_lead(self) -> bool:
        return self.role is Role.PUSH_LEAD

    @cached_property
    def rules(self) -> tuple[FieldRule, ...]:
        return tuple(self.fields.values())

    @cached_property
    def crm_fields(self) -> tuple[str, ...]:
        """Every CRM field that must be read, each once."""
        ours = [self.key.crm] if self.key else []
        names = [*(f for rule in self.rules for f in rule.crm_fields), *self.where.fields, *ours, *self.on_merge.fields]
        return tuple(dict.fromkeys(names))

    @cached_property
    def parents(self) -> frozenset[str]:
        """The other entities that this one refers to."""
        return frozenset(e for rule in self.rules for e in rule.references) - {self.entity}

    @field_validator("key", mode="before")
    @classmethod
    def _key(cls, given: Any) -> Any:
        return _spelled_out(given, KeyRule.short)

    @field_validator("on_merge", mode="before")
    @classmethod
    def _on_merge(cls, given: Any) -> Any:
        return _spelled_out(given, OnMerge.short)

    @field_validator("fields", mode="before")
    @classmethod
    def _rules(cls, given: Any, info: ValidationInfo) -> Any:
        if not isinstance(given, Mapping):
            return given
        usual = {"direction": "out"} if info.data.get("role") is Role.PUSH_LEAD else {}
        blocks = {name: _spelled_out(block, FieldRule.short) for name, block in given.items()}
        return {n: {**usual, **b, "$prm": n} if isinstance(b, Mapping) else b for n, b in blocks.items()}

    @model_validator(mode="after")
    def _bound(self) -> EntityMapping:
        bind(self.fields)
        return self


class BudgetBlock(Model):
    """How many API calls a connection may cost in a day."""

    calls_per_day: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="centri's own calls in a day (UTC); without it, what the CRM allows."
    )
    reserve: Annotated[float, BeforeValidator(percent), WithJsonSchema({**_SHARE, "default": "10%"})] = Field(
        default=0.1,
        description="The share of the day's calls that is kept for what partners did.",
        json_schema_extra={"default": "10%"},
    )


class ConnectionConfig(Model):
    """One configured CRM: its type, and the options that the connector of that type takes."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(alias="$name", default="")
    type: str = Field(min_length=1, description="The kind of CRM: salesforce, sugarcrm, csvfile, memory.")

    budget: BudgetBlock = Field(
        default=BudgetBlock(), description="How many API calls it may cost in a day.", json_schema_extra={"default": {}}
    )
    hook: Hook | None = Field(default=None, description="How the CRM shows, when it says that something changed, that it is it.")
    environments: Environments = Field(
        default_factory=dict, description="Other databases of the same kind, by name: options laid over the connection's own."
    )

    _production: Mapping[str, Any] | None = PrivateAttr(default=None)

    @property
    def allowed(self) -> Budget:
        return Budget(self.budget.calls_per_day, self.budget.reserve)

    @property
    def options(self) -> Mapping[str, Any]:
        return self.model_extra or {}

    def resolve(self, environ: Mapping[str, str]) -> dict[str, Any]:
        """The options with their environment variables looked up. Raises ConfigError naming every one that is not set."""
        missing: list[str] = []
        found = _resolved(self.options, environ, missing)
        if missing:
            raise ConfigError(*(f"connection {self.name!r}: the environment variable {name} is not set" for name in missing))
        self._refuse_production(found, environ)
        return dict(found)

    def within(self, env: str) -> ConnectionConfig:
        """The connection as it is in one of its environments."""
        made = self.model_copy()
        made.__pydantic_extra__ = {**self.options, **self.environments[env]}
        made._production = self.options  # noqa: SLF001 - its own class
        return made

    def _refuse_production(self, found: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        """Raises ConfigError where an environment leads to the very address that production has."""
        production = _resolved(self._production or {}, environ, [])
        for key in ADDRESSES:
            if found.get(key) and _address(found[key]) == _address(production.get(key)):
                shared = f"connection {self.name!r}: {key} leads to {found[key]}, which is {PRODUCTION}"
                raise ConfigError(f"{shared}; give the environment an address of its own")


def _address(given: Any) -> str:
    return str(given).rstrip("/").casefold()


def _resolved(value: Any, environ: Mapping[str, str], missing: list[str]) -> Any:
    if isinstance(value, EnvRef):
        if not environ.get(value.name):
            missing.append(value.name)
        return environ.get(value.name, "")
    if isinstance(value, Mapping):
        return {key: _resolved(item, environ, missing) for key, item in value.items()}
    return [_resolved(item, environ, missing) for item in value] if isinstance(value, list) else value


class Document(RoutingKeys):
    """The file as it is written."""

    connections: Mapping[str, ConnectionConfig] = Field(description="The CRMs, each under a name of its own.")
    choices: Mapping[str, ValueMap] = Field(default_factory=dict, description="Value maps, each under a name of its own.")
    entities: Mapping[str, Mapping[str, EntityMapping]] = Field(description="PRM entity, connection: how they correspond.")
    matching: MatchingBlock = Field(default_factory=MatchingBlock, description="How records of an entity are recognised.")
    dedupe: Mapping[str, Deduping] = Field(default_factory=dict, description="How duplicates of an entity are found and merged.")
    standardize: Standardize = Field(
        default=Standardize(),
        description="What a team adds to the dictionaries that titles, industries and sizes are standardized by.",
        json_schema_extra={"default": {}},
    )
    notifications: Notifying = Field(
        default=Notifying(), description="How people are told what happened.", json_schema_extra={"default": {}}
    )
    alerts: Alerting = Field(
        default=Alerting(), description="When people are told that something is wrong.", json_schema_extra={"default": {}}
    )


@dataclass(frozen=True)
class MappingFile:
    """Everything that ``mappings.yaml`` says. ``sha`` names its content: comments, order and layout aside.

    ``absent`` are the connections that the environment in use does not have.
    """

    connections: Mapping[str, ConnectionConfig]
    mappings: tuple[EntityMapping, ...]
    matching: Mapping[str, MatchRules] = field(default_factory=dict)
    lead_account: LeadAccount | None = None
    dedupe: Mapping[str, DedupePolicy] = field(default_factory=dict)
    dictionaries: Dictionaries = field(default_factory=shipped)
    routing: Routing = field(default_factory=Routing)
    sha: str = ""
    notifications: Notifying = field(default_factory=Notifying)
    alerts: Alerting = field(default_factory=Alerting)
    env: str = ""
    absent: tuple[str, ...] = ()

    @property
    def environments(self) -> tuple[str, ...]:
        """The names of all environments but production, each once."""
        return tuple(dict.fromkeys(env for config in self.connections.values() for env in config.environments))

    def within(self, env: str) -> MappingFile:
        """What it says of an environment: the connections that have it, and their mappings. Raises ConfigError.

        A connection without that environment is left out, so that nothing of production is called in its place; for the same
        reason nobody is told anything but by the log.
        """
        if not env:
            return self
        if env not in self.environments:
            known = (*self.environments, PRODUCTION)
            raise ConfigError(f"no connection of the mapping has an environment {env!r}{near(env, known)}")
        found = {name: config.within(env) for name, config in self.connections.items() if env in config.environments}
        absent = tuple(name for name in self.connections if name not in found)
        mappings = tuple(m for m in self.mappings if m.connection in found)
        telling = replace(self, notifications=Notifying(), alerts=self.alerts.quiet())
        return replace(telling, connections=found, mappings=mappings, env=env, absent=absent)

    def of(self, connection: str) -> tuple[EntityMapping, ...]:
        return tuple(m for m in self.mappings if m.connection == connection)

    def get(self, connection: str, entity: str, role: Role = Role.ORIGIN) -> EntityMapping | None:
        return next((m for m in self.of(connection) if m.entity == entity and m.role is role), None)

    def objects(self, connection: str) -> tuple[str, ...]:
        """The CRM objects of a connection, each once, parents first."""
        return tuple(dict.fromkeys(m.object for m in self.settle_order(connection)))

    def settle_order(self, connection: str) -> tuple[EntityMapping, ...]:
        """The mappings of a connection, parents before children, else as in the file."""
        return self._orders.get(connection, ())

    @cached_property
    def _orders(self) -> Mapping[str, tuple[EntityMapping, ...]]:
        """Every step of a round asks for it."""
        connections = dict.fromkeys(m.connection for m in self.mappings)
        return {connection: parents_first(self.of(connection)) for connection in connections}

    def circle(self, connection: str) -> tuple[EntityMapping, ...]:
        """Mappings of a connection that refer to each other in a circle, first and last the same; a file that loads has none."""
        return circle(self.of(connection))


def crm_fields(mappings: Iterable[EntityMapping]) -> tuple[str, ...]:
    """The CRM fields that mappings of one object name, in order."""
    return tuple(sorted({name for mapping in mappings for name in mapping.crm_fields}))
