"""The transforms of the mapping language. Each class of TRANSFORMS is a word; a new one is one class and one entry there."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import Field, Strict, ValidationInfo, model_validator

from centri import values
from centri.anomalies import Untranslatable
from centri.mappings.choices import ValueMap
from centri.mappings.contact_transforms import Country, Domain, Email, EmailOptOut, Emails, Phone
from centri.mappings.names import Names
from centri.mappings.transform import Beside, Canonical, Flag, Transform, text
from centri.mappings.words import near


class Text(Transform):
    """Text without blanks around it and with single blanks inside; a number becomes text.

    >>> Text().inward("  Acme   Corp ", ALONE), Text().inward(250, ALONE), Text().inward("   ", ALONE)
    ('Acme Corp', '250', None)
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        written = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(value)
        return " ".join(written.split()) or None


class Upper(Canonical):
    """Text in capitals, on both sides.

    >>> Upper().inward("eur", ALONE)
    'EUR'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return text(value).upper()


class Lower(Canonical):
    """Text in small letters, on both sides.

    >>> Lower().outward("Gold", ALONE)
    'gold'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return text(value).lower()


class Truncate(Transform):
    """Text no longer than the CRM's field: longer text is set aside, or cut where the mapping says ``cut: true``.

    >>> Truncate(length=4, cut=True).outward("Alpine", ALONE)
    'Alpi'
    >>> Truncate(length=4).outward("Alpine", ALONE)
    Traceback (most recent call last):
    centri.anomalies.Untranslatable: 6 characters, and the CRM takes 4
    """

    short: ClassVar[str] = "length"
    length: Annotated[int, Strict(), Field(ge=1)] = Field(description="The most characters that the CRM takes.")
    cut: Flag = Field(default=False, description="Cut longer text instead of setting the record aside.")

    def outward(self, value: Any, beside: Beside) -> Any:
        written = text(value)
        if len(written) > self.length and not self.cut:
            raise Untranslatable("too_long", f"{len(written)} characters, and the CRM takes {self.length}")
        return written[: self.length]


class Money(Canonical):
    """An amount as a decimal string, whether the CRM keeps it as a number or as text.

    >>> Money().inward(48000, ALONE)
    '48000.00'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.money(value)


class Number(Transform):
    """A number, also where the CRM keeps it as text.

    >>> Number().inward("2.5", ALONE)
    2.5
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return float(values.money(value))


class Integer(Transform):
    """A whole number, also where the CRM keeps it as text.

    >>> Integer().inward("250", ALONE)
    250
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        number = Decimal(values.money(value))
        if number != int(number):
            raise ValueError(f"{value!r} is not a whole number")
        return int(number)


class Boolean(Transform):
    """True or false, also where the CRM keeps it as text or digits.

    >>> Boolean().inward("Yes", ALONE), Boolean().inward(0, ALONE)
    (True, False)
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        written = str(value).strip().lower()
        if written in ("true", "1", "yes", "y", "on"):
            return True
        if written in ("false", "0", "no", "n", "off"):
            return False
        raise ValueError(f"{value!r} is neither true nor false")


class Date(Canonical):
    """A calendar date; of a date and time, the date that is written.

    >>> Date().inward("2026-06-30T10:00:00Z", ALONE)
    '2026-06-30'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.date(text(value))


class DateTime(Canonical):
    """A moment, in UTC.

    >>> DateTime().inward("2026-03-02T12:00:00+01:00", ALONE)
    '2026-03-02T11:00:00Z'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return values.datetime_utc(text(value))


class Choice(Transform):
    """A value looked up in one of the maps under ``choices:``; one that is not listed is set aside.

    >>> Choice(map=ValueMap(inward={"Dead": "disqualified"})).outward("disqualified", ALONE)
    'Dead'
    """

    short: ClassVar[str] = "map"
    blanks: ClassVar[bool] = True
    map: ValueMap = Field(description="The name of a map under `choices:`.", json_schema_extra={"type": "string"})

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any, info: ValidationInfo) -> Any:
        choices = Names.of(info).choices
        name = given.get("map") if isinstance(given, Mapping) else None
        if isinstance(name, str):
            if name not in choices:
                raise ValueError(f"no value map is called {name!r} under 'choices'{near(name, choices)}")
            return {**given, "map": choices[name]}
        return given

    def inward(self, value: Any, beside: Beside) -> Any:
        return self.map.to_prm(value)

    def outward(self, value: Any, beside: Beside) -> Any:
        return self.map.to_crm(value)


TRANSFORMS: Mapping[str, type[Transform]] = {
    "text": Text, "upper": Upper, "lower": Lower, "truncate": Truncate, "email": Email, "emails": Emails,
    "email_opt_out": EmailOptOut, "phone": Phone, "country": Country, "domain": Domain, "money": Money, "number": Number,
    "integer": Integer, "boolean": Boolean, "date": Date, "datetime": DateTime, "choice": Choice,
}  # fmt: skip
