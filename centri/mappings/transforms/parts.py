"""Transforms of a text in which a CRM keeps several PRM fields: an address, a person's name."""

from __future__ import annotations

import re
from functools import cached_property
from string import Formatter
from typing import Any, ClassVar

from pydantic import Field, ValidationInfo, field_validator

from centri.mappings.names import Names
from centri.mappings.transform import Beside, Transform, text
from centri.mappings.words import near

_NAME = re.compile(r"[A-Za-z_]\w*")


def _known(names: tuple[str, ...], info: ValidationInfo) -> None:
    mapped = Names.of(info).mapped_fields
    for name in names:
        if mapped and name not in mapped:
            raise ValueError(f"it names {name!r}, which this block does not map{near(name, mapped)}")


class Part(Transform):
    """One part of a text in which the CRM keeps several PRM fields, as an address in one field.

    Every field that the format names is mapped to the same CRM field with the same format. A text of another form is set aside,
    and so is what would be read back as something else.

    >>> address = Part(format="{street}, {postal_code} {city}")
    >>> address.inward("Main St 1, 53111 Bonn", Beside(field="city"))
    'Bonn'
    >>> address.outward("Bonn", Beside(prm={"street": "Main St 1", "postal_code": "53111"}.get, field="city"))
    'Main St 1, 53111 Bonn'
    """

    blanks: ClassVar[bool] = True
    short: ClassVar[str] = "format"
    format: str = Field(description="The CRM's text, each PRM field in braces: `{street}, {postal_code} {city}`.")

    def inward(self, value: Any, beside: Beside) -> Any:
        return None if value is None else self._read(text(value))[beside.field]

    def outward(self, value: Any, beside: Beside) -> Any:
        parts = _parts(self.prm_parts, value, beside)
        if not any(parts.values()):
            return None
        told = self.format.format(**{name: part or "" for name, part in parts.items()})
        if self._read(told) != parts:
            raise ValueError(f"{told!r} would be read back as something else; the format is {self.format!r}")
        return told

    def _read(self, written: str) -> dict[str, str | None]:
        """The parts, split at the first place where each piece between two fields stands. Raises ValueError."""
        (first, *between), last = self._pieces, self._tail
        if not written.startswith(first) or not written.endswith(last):
            raise ValueError(f"{written!r} is not of the form {self.format!r}")
        rest, found = written[len(first) : len(written) - len(last)], []
        for piece in between:
            piece = piece if piece in rest else piece.strip() or piece  # noqa: PLW2901 - people leave out blanks
            head, separated, rest = rest.partition(piece)
            if not separated:
                raise ValueError(f"{written!r} is not of the form {self.format!r}")
            found.append(head)
        return {name: part.strip() or None for name, part in zip(self.prm_parts, [*found, rest], strict=True)}

    @cached_property
    def prm_parts(self) -> tuple[str, ...]:
        return tuple(name for _, name, *_ in Formatter().parse(self.format) if name is not None)

    @cached_property
    def _pieces(self) -> tuple[str, ...]:
        return tuple(piece for piece, name, *_ in Formatter().parse(self.format) if name is not None)

    @cached_property
    def _tail(self) -> str:
        return "".join(piece for piece, name, *_ in Formatter().parse(self.format) if name is None)

    @property
    def reads(self) -> tuple[str, ...]:
        return self.prm_parts

    @field_validator("format")
    @classmethod
    def _readable(cls, written: str, info: ValidationInfo) -> str:
        try:
            parsed = list(Formatter().parse(written))
        except ValueError as error:
            raise ValueError(f"'format' has braces that do not close: {written!r}") from error
        fields = [(piece, name) for piece, name, spec, kind in parsed if name is not None and not spec and not kind]
        names = tuple(name for _, name in fields)
        if len(names) < 2 or len(names) != len(set(names)) or not all(_NAME.fullmatch(name) for name in names):
            raise ValueError(f"'format' must name two PRM fields or more in braces, each once, not {written!r}")
        if any(not piece for piece, _ in fields[1:]):
            raise ValueError(f"'format' must have something between two fields, or nobody knows where one ends: {written!r}")
        _known(names, info)
        return written


class NamePart(Transform):
    """The first or the last name of a person whose name the CRM keeps in one field.

    The last word is the last name, together with what belongs to it (van, de la); "last, first" is understood too. Both PRM
    fields are mapped to the same CRM field. Outward, a name that would be split elsewhere is written as "last, first".

    >>> name = NamePart(of=("first_name", "last_name"))
    >>> name.inward("Ludwig van Beethoven", Beside(field="last_name"))
    'van Beethoven'
    >>> name.outward("Garcia Marquez", Beside(prm={"first_name": "Ana"}.get, field="last_name"))
    'Garcia Marquez, Ana'
    """

    blanks: ClassVar[bool] = True
    short: ClassVar[str] = "of"
    of: tuple[str, str] = Field(description="The PRM fields of the first and of the last name.")

    def inward(self, value: Any, beside: Beside) -> Any:
        return None if value is None else dict(zip(self.of, person(text(value)), strict=True))[beside.field]

    def outward(self, value: Any, beside: Beside) -> Any:
        first, last = _parts(self.of, value, beside).values()
        if not first and not last:
            return None
        for told in (f"{first} {last}" if first else f"{last}", f"{last}, {first}"):
            if person(told) == (first, last):
                return told
        raise ValueError(f"first name {first!r} and last name {last!r} would be read back as something else")

    @property
    def prm_parts(self) -> tuple[str, ...]:
        return self.of

    @property
    def reads(self) -> tuple[str, ...]:
        return self.of

    @field_validator("of")
    @classmethod
    def _mapped(cls, names: tuple[str, str], info: ValidationInfo) -> tuple[str, str]:
        _known(names, info)
        return names


_OF_A_LAST_NAME = frozenset((
    "af", "al", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du", "el", "la", "las", "le", "los",
    "ten", "ter", "van", "vom", "von", "y", "zu", "zum", "zur",
))  # fmt: skip


def person(written: str) -> tuple[str | None, str | None]:
    """First and last name; the one word of a name is its last."""
    before, comma, after = written.partition(",")
    if comma and before.strip() and after.strip():
        return " ".join(after.split()), " ".join(before.split())
    words = written.split()
    at = max(len(words) - 1, 0)
    while at > 1 and words[at - 1] in _OF_A_LAST_NAME:
        at -= 1
    return " ".join(words[:at]) or None, " ".join(words[at:]) or None


def _parts(names: tuple[str, ...], value: Any, beside: Beside) -> dict[str, str | None]:
    """Each PRM field's text, with this value for the one that is told. Raises ValueError where one is no text."""
    found = {name: value if name == beside.field else beside.prm(name) for name in names}
    return {name: text(part).strip() or None if part is not None else None for name, part in found.items()}
