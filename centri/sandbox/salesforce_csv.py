"""CSV as both Bulk APIs read and write it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from centri.sandbox.salesforce_values import iso
from centri.sandbox.schema import Field
from centri.sandbox.state import Refused

DELIMITERS = {"COMMA": ",", "TAB": "\t", "PIPE": "|", "SEMICOLON": ";", "CARET": "^", "BACKQUOTE": "`"}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}
LONGEST_HEADER, LONGEST_CELL = 32_000, 32_000
"""In characters (Bulk API guide, prepare CSV files)."""


def read(text: str, delimiter: str = ",") -> tuple[list[str], list[list[str]]]:
    """The header and the rows. Raises Refused InvalidBatch for what is no CSV."""
    csv.field_size_limit(10_000_000)
    try:
        lines = [
            line for line in csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True) if line
        ]
    except csv.Error as error:
        raise Refused(400, "InvalidBatch", f"Failed to parse CSV. {error}") from None
    if not lines:
        return [], []
    header, *rows = lines
    if sum(map(len, header)) > LONGEST_HEADER:
        raise Refused(400, "InvalidBatch", f"Header exceeds the maximum size of {LONGEST_HEADER} characters")
    return [name.strip() for name in header], rows


def write(lines: Iterable[Iterable[str]], delimiter: str = ",", ending: str = "\n") -> str:
    """Lines with every cell in quotes, as query results come."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL).writerows(lines)
    return text.getvalue()


def write_outcomes(lines: Iterable[tuple[list[str], list[str]]], delimiter: str, ending: str) -> str:
    """Lines of a job's outcomes: Salesforce's own cells in quotes, then the caller's as they need it."""
    text = io.StringIO(newline="")
    rest = csv.writer(text, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_MINIMAL)
    for own, given in lines:
        text.write(delimiter.join(_quoted(one) for one in own) + (delimiter if own and given else ending if own else ""))
        if given:
            rest.writerow(given)
    return text.getvalue()


def cell(field: Field, value: Any) -> str:
    """A stored value as a query's result spells it: times end in Z, and null is empty."""
    if field.type == "boolean":
        return "true" if value else "false"
    if value is None:
        return ""
    if field.type == "datetime":
        return iso(value)
    return str(float(value)) if field.type in ("double", "currency", "percent") else str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
