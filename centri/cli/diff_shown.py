"""What a mapping change does, for people, for machines, and for the comments of a pull request."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from centri.cli.output import print_json, say, table

if TYPE_CHECKING:
    from centri.engine.diff import Compared
    from centri.mappings.edits import Edit
    from centri.sync.diff import HeldDiff, Place, RecordDiff

_COLUMNS = ("connection", "entity", "rows", "changed", "entered", "left", "held", "released", "told")
_MARKS = {"changed": "~", "entered": "+", "left": "-", "told": ">", "created": ">", "not created": ">"}
_LONGEST = 60


def as_text(found: "Compared", over: Sequence[str], *, most: int | None) -> None:
    del over  # the command says so itself
    for line in _edits(found.edits):
        say(line)
    if found.diff:
        say("")
        table("", _COLUMNS, _rows(found), numbers=_COLUMNS[2:])
        say("")
        for line in _listed(found, most):
            say(line)
        say("")
    for line in _remarks(found):
        say(line)
    say(_end(found))


def as_markdown(found: "Compared", over: Sequence[str], *, most: int | None) -> None:
    say(f"### `{found.base}` to `{found.head}`: {escape(_end(found), quote=False)}")
    for line in over:
        say(f"\n**Over the threshold {line}**")
    if found.diff:
        say("\n| " + " | ".join(_COLUMNS) + " |\n|---|---" + "|--:" * (len(_COLUMNS) - 2) + "|")
        for row in _rows(found):
            say("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in row) + " |")
        _folded(_number(sum(1 for _ in _paragraphs(found)), "difference"), _listed(found, most))
    if found.edits:
        _folded(_number(len(found.edits), "edit"), _edits(found.edits))
    for line in _remarks(found):
        say(f"\n{escape(line, quote=False)}")


def as_json(found: "Compared", over: Sequence[str], *, most: int | None) -> None:
    """Every record, however many are told to people."""
    del most
    print_json(
        {
            "ok": not over,
            "base": found.base,
            "head": found.head,
            "problems": [asdict(problem) for problem in found.problems],
            "over": list(over),
            "counts": {word: asdict(count) for word, count in found.counts.items()},
            "edits": [asdict(edit) for edit in found.edits],
            "records": [{**d.place._asdict(), **_without(asdict(d), "place")} for d in found.diff.records],
            "held": [_held_json(h) for h in found.diff.held],
            "released": [_held_json(h) for h in found.diff.released],
            "unfilled": [asdict(field) for field in found.unfilled],
            "refused": list(found.refused),
            "unrecorded": list(found.unrecorded),
            "welcomed": list(found.welcomed),
        }
    )


def _held_json(h: "HeldDiff") -> dict[str, Any]:
    subject = {**h.subject.place._asdict(), "field": h.subject.field, "kind": h.subject.kind}
    return {**subject, "note": h.reason.note, "remark": h.reason.remark, "arrives": h.arrives}


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _rows(found: "Compared") -> "Iterator[tuple[Any, ...]]":
    """Counts by entity; what CRM records are told stands in rows of its own, by connection."""
    counted: dict[tuple[str, str], dict[str, int]] = {key: {"rows": number} for key, number in found.rows.items()}

    def count(place: "Place", word: str) -> None:
        row = counted.setdefault((place.connection, place.entity), {})
        row[word] = row.get(word, 0) + 1

    for record in found.diff.records:
        count(record.place, record.change if record.place.entity else "told")
    for word, some in (("held", found.diff.held), ("released", found.diff.released)):
        for place in {h.subject.place for h in some if not h.reason.remark}:
            count(place, word)
    for (connection, entity), row in sorted(counted.items()):
        yield connection, entity or "(the CRM)", *(row.get(word, 0) for word in _COLUMNS[2:])


def _listed(found: "Compared", most: int | None) -> Iterator[str]:
    """The first of each kind, and how many more there are."""
    for _, kind in groupby(_paragraphs(found), key=lambda pair: pair[0]):
        some = [lines for _, lines in kind]
        for lines in some[:most]:
            yield from lines
        if most is not None and len(some) > most:
            yield f"  ... and {len(some) - most:,} more of that kind; to see them: --all"


def _paragraphs(found: "Compared") -> "Iterator[tuple[object, list[str]]]":
    """Each with its kind: what is held first, then rows of the PRM, then what the CRMs are told."""
    for mark, what, some in (("!", "newly held", found.diff.held), ("=", "no longer held", found.diff.released)):
        for h in sorted(some, key=lambda h: (h.subject.kind, h.subject.field, h.subject.place)):
            yield (what, h.subject.kind, h.subject.field), list(_held(mark, what, h))
    for r in sorted(found.diff.records, key=lambda r: (not r.place.entity, r.place[:3], r.change)):
        yield (r.place[:3], r.change), list(_record(r))


def _record(record: "RecordDiff") -> "Iterator[str]":
    whose = "before" if record.change == "entered" else "now"
    because = f"; {whose}: {record.because}" if record.because else ""
    when = "" if record.fields else f"   ({record.arrives})"
    yield f"{_MARKS[record.change]} {_place(record.place)}  {record.change}{because}{when}"
    for f in record.fields:
        yield f"    {f.field:<22} {_show(f.old)} -> {_show(f.new)}   ({f.arrives})"


def _held(mark: str, what: str, h: "HeldDiff") -> "Iterator[str]":
    what = what.replace("held", "remarked") if h.reason.remark else what
    yield f"{mark} {_place(h.subject.place)}  {what}: {h.subject.kind} {h.subject.field}".rstrip() + f"   ({h.arrives})"
    yield f"    {h.reason.note}"


def _place(place: "Place") -> str:
    return f"{place.connection} {place.object} {place.crm_id}" + (f"  {place.entity}" if place.entity else "")


def _edits(edits: "Iterable[Edit]") -> Iterator[str]:
    for edit in edits:
        if edit.old is None:
            yield f"+ {edit.place}: {_yaml(edit.new)}"
        elif edit.new is None:
            yield f"- {edit.place}: {_yaml(edit.old)}"
        else:
            yield f"~ {edit.place}: {_yaml(edit.old)} -> {_yaml(edit.new)}"


def _remarks(found: "Compared") -> Iterator[str]:
    for problem in found.problems:
        yield str(problem)
    for field in found.unfilled:
        what = f"{field.entity} {field.field} ({field.object}.{field.crm_field})"
        yield f"{what} is newly mapped: {field.records:,} linked records stay as they are until a backfill"
    for message in found.refused:
        yield f"once deployed, a sync would be refused: {message}"
    for name in found.welcomed:
        yield f"{name} is matched only: it was rehearsed as though all that are recorded were known here"
    for object in found.unrecorded:
        connection, _, name = object.partition(" ")
        yield f"{object} is not recorded and counts as empty; to record it: centri record {connection} --objects {name}"


def _end(found: "Compared") -> str:
    if found.problems:
        return f"{found.base} has faults, so there is nothing to compare with; {found.head} is fine"
    counts = {word: count for word, count in found.counts.items() if count.number}
    if counts or found.diff:
        told = ", ".join(f"{count.number:,} {word}" for word, count in counts.items()) or "nothing but remarks"
        return f"{told}, of {_number(found.records, 'recorded record')}"
    return "nothing changes" if not found.edits else "nothing changes for what is recorded"


def _folded(title: str, lines: Iterable[str]) -> None:
    say(f"\n<details><summary>{title}</summary>\n\n<pre>")
    for line in lines:
        say(escape(line, quote=False))
    say("</pre>\n\n</details>")


def _number(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _show(value: Any) -> str:
    text = "(blank)" if value is None else " ".join(str(value).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _yaml(value: Any) -> str:
    return _show(value) if isinstance(value, str) else _show(json.dumps(value, ensure_ascii=False))
