"""Value maps that stand in a CSV file beside ``mappings.yaml``: each row a CRM value and what it means in the PRM."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from centri.errors import Problem
from centri.mappings.source import Place, Source
from centri.mappings.words import near

Row = tuple[int, str, str]
"""Line, CRM value, PRM value."""


def read_lookup(block: Any, place: Place, source: Source) -> Any:
    """A block under ``choices:`` with ``inward`` read from its ``file``. Faults are left in ``source``, each with its line."""
    if not isinstance(block, Mapping) or not isinstance(block.get("file"), str):
        return block
    if lacking := [key for key in ("crm", "prm") if not isinstance(block.get(key), str)]:
        source.complain(
            (*place, "file"), f"'file' needs {lacking[0]!r}: the name of the column of the {lacking[0].upper()}'s values"
        )
        return block
    if "inward" in block:
        source.complain((*place, "inward"), "the map is read from a 'file'; leave out 'inward', or the file", key=True)
        return block
    return {**block, "inward": _inward(block, place, source)}


def _inward(block: Mapping[str, str], place: Place, source: Source) -> dict[str, str]:
    path = Path(source.file).parent / block["file"]
    try:
        with path.open(encoding="utf-8-sig", newline="") as opened:
            return _unambiguous(_rows(csv.reader(opened, strict=True), block, place, source), path, source)
    except OSError as error:
        source.complain((*place, "file"), f"{block['file']!r} cannot be read: {error.strerror}; its place is told from this file")
    except (UnicodeDecodeError, csv.Error) as error:
        source.complain((*place, "file"), f"{block['file']!r} is no CSV file in UTF-8: {error}")
    return {}


def _rows(lines: Any, block: Mapping[str, str], place: Place, source: Source) -> Iterator[Row]:
    head: list[str] = next(lines, [])
    for key in ("crm", "prm"):
        if head.count(block[key]) != 1:
            known = near(block[key], head) if block[key] not in head else "; it is there twice"
            source.complain((*place, key), f"{block['file']!r} has no column {block[key]!r}{known}")
            return
    crm, prm = head.index(block["crm"]), head.index(block["prm"])
    for cells in lines:
        if any(cells):
            padded = [*cells, *[""] * len(head)]
            yield lines.line_num, padded[crm].strip(), padded[prm].strip()


def _unambiguous(rows: Iterator[Row], path: Path, source: Source) -> dict[str, str]:
    """Each CRM value once, and each with a meaning."""
    found: dict[str, tuple[int, str]] = {}
    for line, crm, prm in rows:
        if not crm or not prm:
            told = f"{crm!r} means nothing; fill in its PRM value" if crm else f"{prm!r} has no CRM value; fill it in"
            source.problems.append(Problem(f"{told}, or leave out the row", str(path), line))
        elif crm in found and found[crm][1] != prm:
            first, meant = found[crm]
            source.problems.append(Problem(f"{crm!r} means {prm!r} here, and {meant!r} on line {first}", str(path), line))
        else:
            found.setdefault(crm, (line, prm))
    return {crm: prm for crm, (_, prm) in found.items()}
