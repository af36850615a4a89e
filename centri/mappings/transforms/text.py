"""Transforms of texts."""

from __future__ import annotations

import string
from typing import Annotated, Any, ClassVar

from pydantic import Field, Strict

from centri.anomalies import Untranslatable
from centri.mappings.transform import Beside, Canonical, Flag, Transform, text


class Text(Transform):
    r"""Text without blanks around it and with single blanks inside; a number becomes text. ``lines`` keeps line breaks.

    >>> Text().inward("  Acme   Corp ", ALONE), Text().inward(250, ALONE), Text().inward("   ", ALONE)
    ('Acme Corp', '250', None)
    >>> Text(lines=True).inward(" Main  St 1\r\n 2nd floor", ALONE)
    'Main St 1\n2nd floor'
    """

    lines: Flag = Field(default=False, description="Keep line breaks; blanks are tidied line by line.")

    def inward(self, value: Any, beside: Beside) -> Any:
        written = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else text(value)
        if not self.lines:
            return " ".join(written.split()) or None
        return "\n".join(" ".join(line.split()) for line in written.splitlines()).strip() or None


class Trim(Transform):
    r"""Text without blanks around it; what is inside stays as it is.

    >>> Trim().inward(" Acme  Corp\n", ALONE), Trim().inward("  ", ALONE)
    ('Acme  Corp', None)
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return text(value).strip() or None


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


class Title(Transform):
    """Each word of a text with a capital at its beginning, in the PRM; blanks are tidied. What goes out is left alone.

    >>> Title().inward("GLOBEX  health", ALONE)
    'Globex Health'
    """

    def inward(self, value: Any, beside: Beside) -> Any:
        return string.capwords(text(value)) or None


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
