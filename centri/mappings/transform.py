"""What a transform is: how a value crosses between a CRM and the PRM, in two halves.

``inward`` takes the CRM's value and gives the PRM's, ``outward`` the other way; ``beside`` answers what else the record holds.
Neither is asked about a blank, unless the class says so. A ValueError becomes an anomaly of kind ``type_mismatch``;
Untranslatable names its kind itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Strict

from centri.mappings.words import Model

Flag = Annotated[bool, Strict()]


def _nothing(name: str) -> Any:
    return None


@dataclass(frozen=True, slots=True)
class Beside:
    """What else the record holds, by PRM field and by CRM field; None where it does not say."""

    prm: Callable[[str], Any] = _nothing
    crm: Callable[[str], Any] = _nothing
    field: str = ""
    """The PRM field that is being filled or told."""


ALONE = Beside()


class Transform(Model):
    """Both halves of a transform; a half that is not written leaves the value as it is."""

    blanks: ClassVar[bool] = False
    """Whether a blank is passed in too."""
    one_way: ClassVar[bool] = False
    """Whether there is no way back, so that the rule's direction must be ``in``."""
    spreads: ClassVar[bool] = False
    """Whether outward gives a tuple: what the rule's own CRM field is told, then each of ``crm_parts``."""

    def inward(self, value: Any, beside: Beside) -> Any:
        return value

    def outward(self, value: Any, beside: Beside) -> Any:
        return value

    @property
    def reads(self) -> tuple[str, ...]:
        """The other PRM fields that it looks at."""
        return ()

    @property
    def reads_crm(self) -> tuple[str, ...]:
        """The other CRM fields that it looks at."""
        return self.crm_parts

    @property
    def crm_parts(self) -> tuple[str, ...]:
        """The other CRM fields that the value is made of: a change of one of them is a change of the value."""
        return ()

    @property
    def prm_parts(self) -> tuple[str, ...]:
        """The PRM fields, this one among them, that the CRM keeps together in one field of its own."""
        return ()


class Canonical(Transform):
    """A transform that gives a value the same form on both sides."""

    def outward(self, value: Any, beside: Beside) -> Any:
        return self.inward(value, beside)


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")  # noqa: TRY004 - a wrong value is a finding about data, like any other
    return value
