"""Transforms of several CRM fields that make one PRM field: lines of an address, a whole name, the first that says something."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from centri.anomalies import Untranslatable
from centri.mappings.transform import Beside, Transform, text
from centri.mappings.transforms.parts import person


class Gathered(Transform):
    """A PRM field out of several CRM fields."""

    blanks: ClassVar[bool] = True
    short: ClassVar[str] = "of"
    of: Annotated[tuple[str, ...], Field(min_length=2)] = Field(description="The CRM's fields, the rule's own first.")

    @property
    def crm_parts(self) -> tuple[str, ...]:
        return self.of[1:]

    @field_validator("of")
    @classmethod
    def _each_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) != len(set(names)):
            raise ValueError(f"'of' names {next(n for n in names if names.count(n) > 1)!r} twice")
        return names

    def _texts(self, value: Any, beside: Beside) -> list[str]:
        found = (value, *map(beside.crm, self.crm_parts))
        return [part for part in (text(each).strip() for each in found if each is not None) if part]


class Join(Gathered):
    r"""A text out of several CRM fields, as address lines; blank ones are left out. Outward it is split again.

    A text of more pieces than there are fields is set aside.

    >>> lines = Join(of=("Street1", "Street2"))
    >>> lines.inward("Main St 1", Beside(crm={"Street2": "2nd floor"}.get))
    'Main St 1\n2nd floor'
    >>> lines.outward("Main St 1", ALONE)
    ('Main St 1', None)
    """

    spreads: ClassVar[bool] = True
    separator: Annotated[str, Field(min_length=1)] = Field(
        default="\n", description="What stands between them in the PRM.", json_schema_extra={"default": "a line break"}
    )

    def inward(self, value: Any, beside: Beside) -> Any:
        return self.separator.join(self._texts(value, beside)) or None

    def outward(self, value: Any, beside: Beside) -> Any:
        pieces = [piece.strip() for piece in text(value).split(self.separator)] if value is not None else []
        pieces = [piece for piece in pieces if piece]
        if len(pieces) > len(self.of):
            raise Untranslatable("too_long", f"{len(pieces)} pieces, and the CRM has {len(self.of)} fields for them")
        return (*pieces, *[None] * (len(self.of) - len(pieces)))


class FullName(Gathered):
    """A person's whole name out of the CRM's fields for the first and the last name. Outward it is split as by ``name_part``.

    >>> FullName(of=("FirstName", "LastName")).inward("Mia", Beside(crm={"LastName": "Wong"}.get))
    'Mia Wong'
    >>> FullName(of=("FirstName", "LastName")).outward("Ludwig van Beethoven", ALONE)
    ('Ludwig', 'van Beethoven')
    """

    spreads: ClassVar[bool] = True
    of: tuple[str, str] = Field(description="The CRM's fields of the first and of the last name; the rule's own is the first.")

    def inward(self, value: Any, beside: Beside) -> Any:
        return " ".join(self._texts(value, beside)) or None

    def outward(self, value: Any, beside: Beside) -> Any:
        return person(text(value)) if value is not None else (None, None)


class Coalesce(Gathered):
    """The first of several CRM fields that says something. Outward, only the rule's own is told.

    >>> Coalesce(of=("Phone", "MobilePhone")).inward(None, Beside(crm={"MobilePhone": "089 5550101"}.get))
    '089 5550101'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return next((each for each in (value, *map(beside.crm, self.crm_parts)) if each not in (None, "")), None)
