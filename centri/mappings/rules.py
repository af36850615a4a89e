"""A field rule: which two fields mean the same, how values cross over, and who wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo, WithJsonSchema, field_validator, model_validator

from centri.anomalies import Untranslatable
from centri.mappings.choices import Scalar
from centri.mappings.names import Names
from centri.mappings.pipeline import Transforms
from centri.mappings.transform import Beside, Flag, Transform
from centri.mappings.transforms.choices import Choice, Currency, List
from centri.mappings.transforms.fields import Gathered
from centri.mappings.words import Model, Word, near
from centri.records import MISSING, same
from centri.sync.merge import Direction
from centri.sync.policies import POLICIES, Policy, hold
from centri.sync.references import References

ORIGIN = "origin"
"""The master that is meant where none is named: the connection that a record came from."""


Fits = Callable[[str, Any], None]
"""Raises Untranslatable where a CRM field, by name, does not take a value."""


class Nulls(StrEnum):
    """What a blank on one side means for the other."""

    PROPAGATE = "propagate"
    """It is a value like any other."""
    IGNORE = "ignore"
    """It says nothing, and wipes nothing."""


class MissingParent(StrEnum):
    """What to do about a reference to a record that is not synced."""

    WAIT = "wait"
    """The record, or this field of it, waits for its parent."""
    IGNORE = "ignore"
    """The reference says nothing until the parent is there."""
    REPORT = "report"
    """The record goes on with a blank, which is reported, until the parent is there."""


def _one_or_more(given: Any) -> Any:
    return () if given is None else (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given


Entities = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class FieldRule(Model):
    """One PRM field and the CRM field that means the same. Just the CRM field's name says: same value, both ways."""

    short = "crm"

    prm: str = Field(alias="$prm", default="")
    crm: str = Field(min_length=1, description="The CRM's field.")
    direction: Direction = Field(default=Direction.BOTH, description="Which way it flows: in (CRM to PRM), out, both, none.")
    on_create: Direction = Field(
        default_factory=lambda data: data.get("direction", Direction.BOTH),
        description="Which way it flows while one of the two records does not exist yet; as `direction`, unless given.",
    )
    insists: Flag = Field(default=True, description="Whether the CRM is told again what it changed in a field of direction out.")
    policy: Annotated[Policy, Word(POLICIES, "conflict policy")] = Field(default=hold, json_schema_extra={"default": "hold"})
    transform: Transforms = ()
    reference: Entities = Field(default=(), description="The entity, or entities, whose record this field names.")
    type_field: str | None = Field(default=None, description="The CRM field that says which object a reference names.")
    type_names: Mapping[str, str] = Field(default_factory=dict, description="What type_field holds for each entity.")
    missing: MissingParent = Field(default=MissingParent.WAIT, description="What to do where the parent is not synced.")
    default: Scalar = Field(default=None, description="What the CRM is told where the PRM's value is blank.")
    placeholder: Flag = Field(default=False, description="The default, read back, counts as unknown.")
    constant: Scalar = Field(default=None, description="What the CRM is told whatever the PRM field holds.")
    mastered_by: str | None = Field(
        default=None, alias="master", description="The connection that owns an `in` field; `origin`: where the record came from."
    )
    nulls: Nulls = Field(default=Nulls.PROPAGATE, description="Whether a blank on one side wipes the other.")

    _siblings: Mapping[str, FieldRule] = PrivateAttr(default_factory=dict)
    _fits: Fits | None = PrivateAttr(default=None)

    @property
    def references(self) -> tuple[str, ...]:
        """The entities whose record this field may name; empty where it names none."""
        return self.reference

    @property
    def master(self) -> str | None:
        """The connection that owns the field; None means the one that the record came from."""
        return None if self.mastered_by == ORIGIN else self.mastered_by

    @property
    def crm_fields(self) -> tuple[str, ...]:
        """The CRM fields that must be read."""
        beside = (name for transform in self.transform for name in transform.reads_crm)
        return (self.crm, *([self.type_field] if self.type_field else ()), *beside)

    @property
    def crm_targets(self) -> tuple[str, ...]:
        """The CRM fields that may be written."""
        spread = self.crm_parts if self._spreads else ()
        return (self.crm, *([self.type_field] if self.type_field else ()), *spread)

    @property
    def crm_parts(self) -> tuple[str, ...]:
        """The further CRM fields that the value is made of."""
        return self.transform[0].crm_parts if self.transform else ()

    @property
    def prm_parts(self) -> tuple[str, ...]:
        """The PRM fields, this one among them, that the CRM keeps together in this one field."""
        return self.transform[0].prm_parts if self.transform else ()

    @property
    def _spreads(self) -> bool:
        return bool(self.transform and self.transform[0].spreads)

    def flows(self, way: Direction, *, creating: bool = False) -> bool:
        """Whether values ever go this way; without ``creating``, between records that both exist."""
        return self.direction in (way, Direction.BOTH) or (creating and self.on_create in (way, Direction.BOTH))

    def inward(self, crm: Mapping[str, Any], refs: References) -> Any:
        """The PRM value of a CRM record's values; MISSING where they say nothing. Raises Untranslatable."""
        value = crm.get(self.crm, MISSING)
        if value is MISSING or not all(name in crm for name in self.crm_parts):
            return MISSING
        if self.reference:
            value = self._parent_inward(value, refs)
        else:
            value = self._unless_placeholder(value, Beside(lambda name: self._sibling_inward(name, crm, refs), crm.get, self.prm))
        return MISSING if value is None and self.nulls is Nulls.IGNORE else value

    def outward(self, prm: Mapping[str, Any], refs: References) -> Mapping[str, Any]:
        """What the CRM is to be told of a PRM record's values, by CRM field. Raises Untranslatable."""
        told = self._told(prm, refs)
        self.check(told)
        return told

    def check(self, told: Mapping[str, Any]) -> None:
        """Raises Untranslatable where the CRM, as its schema stands, does not take one of these values."""
        if self._fits is not None:
            for name, value in told.items():
                self._fits(name, value)

    def within(self, fits: Fits) -> FieldRule:
        """The rule, telling only what fits: ``fits`` raises Untranslatable for a CRM field and a value that it does not take."""
        limited = self.model_copy()
        limited._fits = fits  # noqa: SLF001 - its own class
        return limited

    def _told(self, prm: Mapping[str, Any], refs: References) -> Mapping[str, Any]:
        value = prm.get(self.prm, MISSING)
        if value is MISSING or not all(name in prm for name in self.prm_parts):
            return {}
        if self.constant is not None:
            return {self.crm: self.constant}
        if self.reference and value is not None:
            return self._parent_outward(value, refs)
        value = _through(self.transform[::-1], "outward", value, Beside(prm.get, field=self.prm))
        if self._spreads and any(each is not None for each in value):
            return dict(zip((self.crm, *self.crm_parts), value, strict=True))
        value = self.default if value is None or self._spreads else value
        if self._spreads and not (value is None and self.nulls is Nulls.IGNORE):
            return {self.crm: value, **dict.fromkeys(self.crm_parts)}
        return {} if value is None and self.nulls is Nulls.IGNORE else {self.crm: value}

    def _unless_placeholder(self, value: Any, beside: Beside) -> Any:
        found = _through(self.transform, "inward", value, beside)
        if self.placeholder and (
            same(value, self.default) or same(found, _through(self.transform, "inward", self.default, beside))
        ):
            return None
        return found

    def _sibling_inward(self, name: str, crm: Mapping[str, Any], refs: References) -> Any:
        """Another PRM field as this CRM record has it; None where it does not say, or says it in a way nobody understands."""
        try:
            return self._siblings[name].inward(crm, refs) or None if name in self._siblings else None
        except Untranslatable:
            return None

    def _parent_inward(self, value: Any, refs: References) -> Any:
        if value is None:
            return None
        try:
            entity, prm_id = refs.inward(self.reference, str(value))
        except Untranslatable as finding:
            if self.missing is MissingParent.IGNORE:  # nobody is told, and the record is looked at again once the parent is there
                raise Untranslatable("", finding.note, waits_for=finding.waits_for) from finding
            if self.missing is MissingParent.REPORT:
                raise self._missed(str(value)) from finding
            raise
        return f"{entity}/{prm_id}" if len(self.reference) > 1 else prm_id

    def _missed(self, crm_id: str) -> Untranslatable:
        if self.reference == ("vendor_user",):
            note = f"owner {crm_id} is nobody here: no vendor_user has the e-mail address of that user"
            return Untranslatable("owner_unmapped", note, waits_for=crm_id, without=True)
        note = f"{' or '.join(self.reference)} {crm_id} is not synced"
        return Untranslatable("reference_missing", note, waits_for=crm_id, without=True)

    def _parent_outward(self, value: str, refs: References) -> Mapping[str, Any]:
        entity, _, prm_id = value.rpartition("/")
        entity = entity or self.reference[0]
        if entity not in self.reference:
            raise Untranslatable("reference_missing", f"{self.prm} names a {entity}, which this mapping does not carry")
        told = {self.crm: refs.outward(entity, prm_id)}
        return {**told, self.type_field: refs.outward_type(entity, prm_id, self.type_names)} if self.type_field else told

    @field_validator("prm")
    @classmethod
    def _known_field(cls, name: str, info: ValidationInfo) -> str:
        names = Names.of(info)
        if names.prm_fields is not None and name not in names.prm_fields:
            raise ValueError(f"no field {name!r} in the PRM's {names.entity}{near(name, names.prm_fields)}")
        return name

    @field_validator("reference")
    @classmethod
    def _mapped_entities(cls, entities: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = Names.of(info).mapped_entities
        for entity in entities:
            if known is not None and entity not in known:
                raise ValueError(f"it refers to {entity!r}, which this connection does not map{near(entity, known)}")
        return entities

    @field_validator("mastered_by")
    @classmethod
    def _known_connection(cls, name: str | None, info: ValidationInfo) -> str | None:
        known = Names.of(info).connections
        if name is not None and known is not None and name not in (ORIGIN, *known):
            raise ValueError(f"no connection is called {name!r}{near(name, (ORIGIN, *known))}")
        return name

    @model_validator(mode="after")
    def _coherent(self) -> FieldRule:
        for found, message in _INCOHERENT:
            if found(self):
                raise ValueError(message)
        for transform in self.transform:
            self._check_ways(transform)
        return self

    def _check_ways(self, transform: Transform) -> None:
        outward = self.flows(Direction.OUT, creating=True)
        self._check_parts(transform)
        if outward and transform.one_way:
            raise ValueError("its transform has no way back to the CRM; say direction: in")
        if outward and isinstance(transform, Choice | Currency | List) and transform.map and transform.map.told is None:
            many = " and ".join(repr(v) for v in transform.map.ambiguous)
            raise ValueError(
                f"its value map has no way back, since {many} mean the same; give the map an 'outward', or say direction: in"
            )

    def _check_parts(self, transform: Transform) -> None:
        if (transform.crm_parts or transform.prm_parts) and transform is not self.transform[0]:
            raise ValueError("a transform between one field and several must be the first of the list")
        if isinstance(transform, Gathered) and transform.of[0] != self.crm:
            raise ValueError(f"'of' must begin with the rule's own CRM field, {self.crm!r}, not with {transform.of[0]!r}")
        if self.prm and transform.prm_parts and self.prm not in transform.prm_parts:
            raise ValueError(f"its transform names {' and '.join(transform.prm_parts)}, and not {self.prm!r} itself")


_INCOHERENT: tuple[tuple[Callable[[FieldRule], Any], str], ...] = (
    (lambda r: r.reference and r.transform, "a field is either a reference or transformed, not both"),
    (lambda r: r.type_field and len(r.reference) < 2, "'type_field' needs a 'reference' to several entities"),
    (
        lambda r: r.type_field and set(r.type_names) != set(r.reference),
        "'type_names' must name every entity of 'reference', and no other",
    ),
    (lambda r: r.type_names and not r.type_field, "'type_names' needs a 'type_field'"),
    (
        lambda r: r.missing is MissingParent.REPORT and (not r.reference or r.flows(Direction.OUT, creating=True)),
        "'missing: report' is for a reference of direction: in",
    ),
    (lambda r: r.placeholder and r.default is None, "'placeholder' needs a 'default'"),
    (
        lambda r: r.constant is not None and r.flows(Direction.IN, creating=True),
        "a 'constant' only flows out; say direction: out",
    ),
    (lambda r: not r.insists and r.direction is not Direction.OUT, "'insists: false' is for a field of direction: out"),
    (lambda r: r.mastered_by and r.direction is not Direction.IN, "'master' is for a field of direction: in"),
)


def _through(transforms: tuple[Transform, ...], half: str, value: Any, beside: Beside) -> Any:
    """The value after each transform in turn."""
    for transform in transforms:
        if value is None and not transform.blanks:
            continue
        try:
            value = transform.inward(value, beside) if half == "inward" else transform.outward(value, beside)
        except ValueError as error:
            raise Untranslatable("type_mismatch", str(error)) from error
    return value


def bind(rules: Mapping[str, FieldRule]) -> None:
    """Let rules whose transforms read other fields find the rules of those."""
    for rule in rules.values():
        rule._siblings = {n: rules[n] for t in rule.transform for n in t.reads if n in rules and n != rule.prm}  # noqa: SLF001 - same module
