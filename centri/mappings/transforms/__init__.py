"""The transforms of the mapping language. Each class of TRANSFORMS is a word; a new one is one class and one entry there."""

from __future__ import annotations

from collections.abc import Mapping

from centri.mappings.transform import Transform
from centri.mappings.transforms.choices import Choice, Currency, List
from centri.mappings.transforms.contact import Domain, Email, EmailOptOut, Emails, Phone
from centri.mappings.transforms.dates import Date, DateTime
from centri.mappings.transforms.fields import Coalesce, FullName, Join
from centri.mappings.transforms.numbers import Boolean, Integer, Money, Number
from centri.mappings.transforms.parts import NamePart, Part
from centri.mappings.transforms.places import Country, Subdivision
from centri.mappings.transforms.text import Lower, Text, Title, Trim, Truncate, Upper

TRANSFORMS: Mapping[str, type[Transform]] = {
    "text": Text, "trim": Trim, "upper": Upper, "lower": Lower, "title": Title, "truncate": Truncate,
    "email": Email, "emails": Emails, "email_opt_out": EmailOptOut, "phone": Phone, "domain": Domain,
    "country": Country, "subdivision": Subdivision,
    "money": Money, "number": Number, "integer": Integer, "boolean": Boolean, "date": Date, "datetime": DateTime,
    "choice": Choice, "list": List, "currency": Currency,
    "part": Part, "name_part": NamePart, "join": Join, "full_name": FullName, "coalesce": Coalesce,
}  # fmt: skip
