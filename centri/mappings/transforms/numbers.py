"""Transforms of amounts, numbers and truth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field, field_validator

from centri import values
from centri.mappings.transform import Beside, Canonical, Transform


class Money(Canonical):
    """An amount as a decimal string, whether the CRM keeps it as a number or as text.

    >>> Money().inward(48000, ALONE), Money().inward("0.125", ALONE)
    ('48000.00', '0.125')
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


_TRUE, _FALSE = frozenset(("true", "1", "yes", "y", "on")), frozenset(("false", "0", "no", "n", "off"))


class Boolean(Transform):
    """True or false, also where the CRM keeps it as text or digits. ``write`` gives the CRM's two words.

    >>> Boolean().inward("Yes", ALONE), Boolean().inward(0, ALONE)
    (True, False)
    >>> Boolean(write="Y/N").outward(True, ALONE), Boolean(write="Ja/Nein").inward("nein", ALONE)
    ('Y', False)
    """

    short: ClassVar[str] = "write"
    write: str | None = Field(default=None, description="What the CRM is told for true and for false: `Y/N`, `1/0`, `Ja/Nein`.")

    def inward(self, value: Any, beside: Beside) -> Any:
        written = str(value).strip().lower()
        if written in self._words:
            return written == self._words[0]
        if written in _TRUE or written in _FALSE:
            return written in _TRUE
        raise ValueError(f"{value!r} is neither true nor false")

    def outward(self, value: Any, beside: Beside) -> Any:
        if not isinstance(value, bool):
            raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - a finding about data
        if not self.write:
            return value
        yes, _, no = self.write.partition("/")
        return yes if value else no

    @property
    def _words(self) -> tuple[str, ...]:
        return tuple(self.write.lower().split("/")) if self.write else ()

    @field_validator("write")
    @classmethod
    def _two_words(cls, write: str | None) -> str | None:
        words = [word.strip() for word in write.split("/")] if write is not None else ["y", "n"]
        if len(words) != 2 or not all(words) or words[0].lower() == words[1].lower():
            raise ValueError(f"'write' must be two words like Y/N, not {write!r}")
        if words[0].lower() in _FALSE or words[1].lower() in _TRUE:
            raise ValueError(f"'write' names the word for true first; did you mean '{words[1]}/{words[0]}'?")
        return write and "/".join(words)
