"""Failures of mapping test cases in words: where, what was expected, what came of it, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from centri.engine.cases import Outcome
from centri.records import MISSING


def failure(outcome: Outcome) -> str:
    """A failed case as text: a line that says which, then each difference."""
    return "\n".join([f"{outcome.written.where}: {outcome.written.case.name}", *_lines(outcome)])


def _lines(outcome: Outcome) -> Iterator[str]:
    if outcome.fault:
        yield from (f"  {line}" for line in outcome.fault.splitlines())
    for found in outcome.differences:
        yield f"  {outcome.written.source.file}:{outcome.written.line(found.place)}: {found.what}"
        yield f"    expected  {shown(found.expected)}"
        yield f"    actual    {shown(found.actual)}"
        if found.because:
            yield f"    because   {found.because}"


def as_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome for machines."""
    written = outcome.written
    differences = [
        {
            "what": d.what,
            "line": written.line(d.place),
            "expected": None if d.expected is MISSING else d.expected,
            "actual": None if d.actual is MISSING else d.actual,
            "because": d.because,
        }
        for d in outcome.differences
    ]
    told = {"file": written.source.file, "line": written.line(), "case": written.case.name, "passed": outcome.passed}
    return told | ({"fault": outcome.fault} if outcome.fault else {}) | {"differences": differences}


def shown(value: Any) -> str:
    """A value as JSON writes it, so that "1" and 1 can be told apart."""
    return "(not there)" if value is MISSING else json.dumps(value, ensure_ascii=False, default=str)
