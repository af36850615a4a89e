"""Transforms for how people and companies are reached: e-mail, telephone, web address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from centri import values
from centri.mappings.transform import Beside, Canonical, Transform, text
from centri.mappings.transforms.places import CountryCode, MappedField, country_of


class Email(Canonical):
    """One e-mail address, in small letters.

    >>> Email().inward("Mia.Wong@Globex.example ", ALONE)
    'mia.wong@globex.example'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.email(text(value))


class Emails(Transform):
    """SugarCRM's list of addresses: its primary address. Outward, that one address replaces the list.

    Where a CRM offers the primary address as a field of its own (SugarCRM's ``email1``), map that field with ``email``: the
    further addresses and their opt-outs then stay as they are.

    >>> Emails().inward([{"email_address": "a@b.example"}, {"email_address": "C@D.example", "primary_address": True}], ALONE)
    'c@d.example'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        primary = _primary(value)
        return values.email(primary["email_address"]) if primary else None

    def outward(self, value: Any, beside: Beside) -> Any:
        address = {"email_address": values.email(text(value)), "primary_address": True}
        return [{**address, "opt_out": False, "invalid_email": False}]


class EmailOptOut(Transform):
    """SugarCRM's list of addresses: whether the owner of the primary one wants no mail.

    >>> EmailOptOut().inward([{"email_address": "a@b.example", "primary_address": True, "opt_out": True}], ALONE)
    True
    """

    blanks: ClassVar[bool] = True
    one_way: ClassVar[bool] = True

    def inward(self, value: Any, beside: Beside) -> Any:
        primary = _primary(value or [])
        return bool(primary and primary.get("opt_out"))


def _primary(value: Any) -> Mapping[str, Any] | None:
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        raise ValueError(f"{value!r} is not a list of e-mail addresses")
    addresses = [entry for entry in value if entry.get("email_address")]
    return next((entry for entry in addresses if entry.get("primary_address")), addresses[0] if addresses else None)


class Phone(Transform):
    """A telephone number in E.164. A number without country code is dialled in the record's own country, else in ``region``.

    >>> Phone(region="DE").inward("089 5550101", ALONE)
    '+49895550101'
    >>> Phone(region_from_crm="MailingCountry").inward("01 55501010", Beside(crm={"MailingCountry": "France"}.get))
    '+33155501010'
    """

    short: ClassVar[str] = "region"
    region: CountryCode = Field(default=None, description="The country of numbers without country code, as two letters.")
    region_from: MappedField = Field(default=None, description="The PRM field that holds that country.")
    region_from_crm: str | None = Field(
        default=None, description="The CRM field that holds that country, where the PRM has none."
    )

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.phone(text(value), country_of(beside, self.region_from, self.region_from_crm) or self.region)

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.region_from,) if self.region_from else ()

    @property
    def reads_crm(self) -> tuple[str, ...]:
        return (self.region_from_crm,) if self.region_from_crm else ()


class Domain(Transform):
    """The registered domain of a web or e-mail address. Inward only.

    >>> Domain().inward("https://www.globex.example/about", ALONE)
    'globex.example'
    """

    one_way: ClassVar[bool] = True

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.domain(text(value))
