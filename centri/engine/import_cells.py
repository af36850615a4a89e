"""A row of a file as the values that its mapping reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from centri.connectors.spreadsheet import Row
from centri.engine.import_plan import FileImport

_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SEVERAL = re.compile(r"[;\n]")
_WORDS = {"true": True, "1": True, "yes": True, "ja": True, "x": True, "false": False, "0": False, "no": False, "nein": False}


def values_of(wanted: FileImport, row: Row) -> dict[str, Any]:
    """The cells by the names that the mapping has for them, a blank one as None; columns that hold nothing are left out."""
    found = {}
    for column, text in zip(wanted.columns, row.cells, strict=True):
        if name := wanted.read_as(column):
            form = _FORMS.get(wanted.kinds.get(column.field, ""), str)
            found[name] = form(text) if text else None
    return found


def _day(text: str) -> str:
    """Days that are written 31.12.2026 have but one meaning; 12/11/2026 has two and is left as it is, to be set aside."""
    if whole := _DOTTED.fullmatch(text):
        day, month, year = map(int, whole.groups())
        try:
            return date(year, month, day).isoformat()
        except ValueError:
            return text
    return text


def _several(text: str) -> list[str]:
    return [word.strip() for word in _SEVERAL.split(text) if word.strip()]


def _truth(text: str) -> Any:
    return _WORDS.get(text.casefold(), text)


_FORMS: Mapping[str, Callable[[str], Any]] = {"date": _day, "list": _several, "choices": _several, "boolean": _truth}
"""What a cell's text becomes before the mapping sees it, by the kind of its field; other kinds are read by transforms."""
