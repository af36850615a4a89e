"""Transforms of countries and their parts; which country a record is in, as others ask it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema

from centri import values
from centri.mappings.names import Names
from centri.mappings.transform import Beside, Transform, text
from centri.mappings.words import near

Written = Literal["name", "code"]
_WRITTEN: dict[str, Any] = {"enum": ["name", "code"]}


def _country_code(written: str | None) -> str | None:
    return values.country(written) if written else None


def _mapped(name: str | None, info: ValidationInfo) -> str | None:
    mapped = Names.of(info).mapped_fields
    if name and mapped and name not in mapped:
        raise ValueError(f"{info.field_name} names {name!r}, which this block does not map{near(name, mapped)}")
    return name


CountryCode = Annotated[str | None, AfterValidator(_country_code), WithJsonSchema({"type": "string"})]
"""A country, written as the mapping likes, as its two letters."""

MappedField = Annotated[str | None, AfterValidator(_mapped), WithJsonSchema({"type": "string"})]
"""A PRM field that the same block maps."""


def country_of(beside: Beside, prm_field: str | None, crm_field: str | None) -> str | None:
    """The country that a record names, in the PRM's field or else in the CRM's; None where neither says it."""
    found = beside.prm(prm_field) if prm_field else None
    found = found or (beside.crm(crm_field) if crm_field else None)
    try:
        return values.country(found) if isinstance(found, str) else None
    except ValueError:
        return None


class Country(Transform):
    """A country: its two-letter code in the PRM, in the CRM its English name, or its code with ``write: code``.

    >>> Country().inward("Deutschland", ALONE), Country().outward("FR", ALONE)
    ('DE', 'France')
    """

    short: ClassVar[str] = "write"
    write: Written = Field(default="name", description="What the CRM is told.", json_schema_extra=_WRITTEN)

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.country(text(value))

    def outward(self, value: Any, beside: Beside) -> Any:
        code = values.country(text(value))
        return code if self.write == "code" else values.country_name(code)


class Subdivision(Transform):
    """A state or province: the ISO 3166-2 code behind the country's in the PRM, in the CRM its name, or that code.

    The country is the record's own, else ``country``; without one nothing is guessed.

    >>> Subdivision(country="US").inward("California", ALONE), Subdivision(country="DE").outward("BY", ALONE)
    ('CA', 'Bayern')
    >>> Subdivision(country_from="country_code", write="code").inward("us-ca", Beside(prm={"country_code": "US"}.get))
    'CA'
    """

    short: ClassVar[str] = "country"
    country: CountryCode = Field(default=None, description="The country of records that name none, as two letters.")
    country_from: MappedField = Field(default=None, description="The PRM field that holds the country.")
    country_from_crm: str | None = Field(
        default=None, description="The CRM field that holds the country, where the PRM has none."
    )
    write: Written = Field(default="name", description="What the CRM is told.", json_schema_extra=_WRITTEN)

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.subdivision(text(value), self._country(beside))

    def outward(self, value: Any, beside: Beside) -> Any:
        country = self._country(beside)
        code = values.subdivision(text(value), country)
        return code if self.write == "code" else values.subdivision_name(code, country)

    def _country(self, beside: Beside) -> str:
        country = country_of(beside, self.country_from, self.country_from_crm) or self.country
        if not country:
            raise ValueError("no country is known for the state; name one in the mapping: subdivision: {country: US}")
        return country

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.country_from,) if self.country_from else ()

    @property
    def reads_crm(self) -> tuple[str, ...]:
        return (self.country_from_crm,) if self.country_from_crm else ()
