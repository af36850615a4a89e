"""A plan for people, for machines, and for the comments of a pull request. The same plan reads the same each time."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any

from centri.cli.output import say, table
from centri.errors import Stop

if TYPE_CHECKING:
    from centri.engine.changes import Changes
    from centri.engine.plan import Planned
    from centri.sync.changes import Change, FieldChange

_COLUMNS = ("connection", "entity", "pulled", "nothing", "to PRM", "to CRM", "new", "held")
_MARKS = {"create in PRM": "+", "create in CRM": "+", "adopt": "=", "update": "~", "unlink": "-", "delete in PRM": "-"}
_LONGEST = 40


def as_text(planned: "Sequence[Planned]", changes: "Changes", *, sample: int | None, most: int | None, again: str) -> None:
    table("", _COLUMNS, _rows(planned), numbers=_COLUMNS[2:])
    for change in islice(changes, most):
        say("\n" + "\n".join(_paragraph(change)))
    if most is not None and len(changes) > most:
        say(f"\n{len(changes) - most:,} more; to see them: --all")
    for line in _remarks(planned, sample):
        say(f"\n{line}")
    say(f"\n{_end(planned, again)}")


def as_markdown(planned: "Sequence[Planned]", changes: "Changes", *, sample: int | None, most: int | None, again: str) -> None:
    say("| " + " | ".join(_COLUMNS) + " |\n|---|---" + "|--:" * 6 + "|")
    for row in _rows(planned):
        say("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in row) + " |")
    if len(changes):
        number = len(changes)
        say(f"\n<details><summary>{number:,} {'change' if number == 1 else 'changes'}</summary>\n\n<pre>")
        for change in islice(changes, most):
            say(escape("\n".join(_paragraph(change)), quote=False))
        if most is not None and number > most:
            say(f"... and {number - most:,} more")
        say("</pre>\n\n</details>")
    for line in [*_remarks(planned, sample), *(failed(one) for one in planned if one.failure), _end(planned, again)]:
        say(f"\n{escape(line, quote=False)}")


def as_json(planned: "Sequence[Planned]", changes: "Changes", *, sample: int | None, most: int | None, again: str) -> None:
    """One document, whose changes are written as they are read: there may be as many as the CRM has records."""
    document = {
        "ok": not any(one.failure for one in planned),
        "sample": sample,
        "connections": {one.connection: _as_json(one) for one in planned},
    }
    head = json.dumps(document, indent=2, ensure_ascii=False)
    sys.stdout.write(head.removesuffix("\n}") + ',\n  "changes": [')
    for n, change in enumerate(changes):
        sys.stdout.write(("," if n else "") + "\n    " + json.dumps(asdict(change), ensure_ascii=False))
    sys.stdout.write("\n  ]\n}\n")


def failed(one: "Planned") -> str:
    """What kept a plan from being made to its end, or the sync that it is of from being let go."""
    if isinstance(one.failure, Stop):
        return f"{one.connection} would be refused: {one.failure}"
    return f"could not look at {one.connection}: {one.failure}"


def _as_json(one: "Planned") -> dict[str, Any]:
    counts = [dict(zip(("entity", "pulled", "nothing", "to_prm", "to_crm", "new", "held"), row, strict=True)) for row in _of(one)]
    state = "refused" if isinstance(one.failure, Stop) else "not looked at" if one.failure else "idle" if one.idle else "to do"
    return {
        "state": state,
        "failure": str(one.failure) if one.failure else None,
        "armed": not one.waiting,
        "first": one.first,
        "api_calls": {"plan": one.looking, "sync": one.doing},
        "entities": counts,
        "unfilled": [asdict(found) for found in one.unfilled],
        "suspended": one.round.suspended,
    }


def _rows(planned: "Iterable[Planned]") -> "Iterator[tuple[Any, ...]]":
    for one in planned:
        yield from ((one.connection, *row) for row in _of(one))


def _of(one: "Planned") -> "list[tuple[Any, ...]]":
    """Counts by entity; of what was not looked at there are none."""
    if one.failure and not isinstance(one.failure, Stop):
        return []
    tallies = [(entity, one.round.tally(entity)) for entity in one.entities]
    return [(entity, t.read, t.unchanged, t.to_prm, t.to_crm, t.created, t.held) for entity, t in tallies]


def _paragraph(change: "Change") -> "Iterator[str]":
    mark = "!" if change.held else _MARKS.get(change.action, "!")
    crm, prm = change.crm_id or "(new)", change.prm_id or "(new)"
    where = f"{change.connection} {change.object} {crm}  {change.entity} {prm}"
    yield f"  {mark} {where}  {change.action}: {change.because}"
    for f in change.fields:
        yield f"      {_field(f)}"
        if f.way == "held" and f.kind == "conflict_open":
            yield f"          once it is held: centri resolve {change.entity} {prm} {f.field} --take crm|prm"


def _field(f: "FieldChange") -> str:
    if f.way in ("held", "missed"):
        change = f"{_show(f.crm)} | {_show(f.prm)}"
    elif f.way == "to both":
        change = f"{_show(f.crm)} | {_show(f.prm)} -> {_show(f.value)}"
    elif f.way == "to CRM":
        change = f"{_show(f.crm)} <- {', '.join(_show(v) for v in f.told.values())}"
    else:
        change = f"{_show(f.prm)} -> {_show(f.value)}"
    return f"{f.field:<18} {change}   {f.way}   {f.because}"


def _show(value: Any) -> str:
    text = "(blank)" if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _remarks(planned: "Iterable[Planned]", sample: int | None) -> "Iterator[str]":
    if sample:
        yield f"A sample: counts are of the first {sample:,} changed records of each object; a parent behind them is missed."
    for one in planned:
        name = one.connection
        if one.first and not sample and not one.failure:
            yield f"{name} was never read, so a sync reads all of it; for a cheap look: --sample 200"
        if one.waiting:
            yield f"{name} is read-only: what is to go to the CRM would wait for: centri arm {name}"
        for found in one.unfilled:
            what = f"{found.entity} {found.field} ({found.object}.{found.crm_field})"
            yield f"{name} {what} is newly mapped: {found.records:,} linked records stay as they are until a backfill"
            yield f"    to fill them: centri backfill {name} {found.entity} --field {found.field}"
        for entity, why in one.round.suspended.items():
            yield f"{name} {entity} is left alone as the CRM's schema stands: {why}"
        if words := one.round.unreachable or one.round.postponed:
            yield f"{name}: some writes would have to wait: {words}"
        if not one.failure:
            least = "at least " if sample else ""
            yield f"{name}: {_calls(one.looking)} to plan it, {least}{_calls(one.doing)} to do it"


def _calls(number: int) -> str:
    return f"{number:,} API call{'' if number == 1 else 's'}"


def _end(planned: "Sequence[Planned]", again: str) -> str:
    if any(one.failure for one in planned):
        unseen = [one.connection for one in planned if one.failure]
        return f"Nothing was written. The plan is not whole: {', '.join(unseen)}"
    if all(one.idle for one in planned):
        return "nothing to do"
    return f"Nothing was written. To do it: {again}"
