"""Which types of CRM field a rule can follow: its first transform sees the CRM's own value."""

from __future__ import annotations

from collections.abc import Mapping

from centri.mappings.rules import FieldRule
from centri.mappings.transform import Transform
from centri.mappings.transforms.choices import Choice, List
from centri.mappings.transforms.contact import EmailOptOut, Emails
from centri.mappings.transforms.dates import Date, DateTime
from centri.mappings.transforms.numbers import Boolean, Integer, Money, Number
from centri.mappings.transforms.text import Text

_FORMS = {"id": "text", "text": "text", "choice": "text", "reference": "text", "integer": "number", "number": "number"}
"""Types whose values look the same in a record; every other type is a form of its own."""

_TAKES: Mapping[type[Transform], frozenset[str]] = {
    Text: frozenset({"text", "number", "money", "date", "datetime"}),
    **dict.fromkeys((Money, Number, Integer), frozenset({"text", "number", "money"})),
    Boolean: frozenset({"text", "number", "boolean"}),
    Date: frozenset({"text", "date", "datetime"}),
    DateTime: frozenset({"text", "datetime"}),
    Choice: frozenset({"text", "number", "boolean"}),
    List: frozenset({"text", "choices"}),
    **dict.fromkeys((Emails, EmailOptOut), frozenset({"emails"})),
}
"""The forms that a transform can read; the others read texts."""


def form(type: str) -> str:
    """What the values of a field of this type look like."""
    return _FORMS.get(type, type)


def takes(rule: FieldRule, now: str) -> bool:
    """Whether a rule can follow a field whose values have another form than those that it was written for."""
    if rule.references or not rule.transform:
        return False
    return form(now) in _TAKES.get(type(rule.transform[0]), frozenset({"text"}))
