"""An import for people and for machines: how columns were matched, what the first rows say, what became of all."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from centri.cli.output import say, table
from centri.engine.imports import sample

if TYPE_CHECKING:
    from centri.engine.import_plan import FileImport
    from centri.engine.imports import Imported
    from centri.mappings.columns import Column

_ROWS = 5
_REASONS = 20
_WORDS = {
    "new": "new",
    "adopted": "found here, and linked",
    "updated": "known from before, with news",
    "merged": "twice in the list, and merged",
    "unchanged": "known from before, nothing new",
    "review": "to be looked at by a person",
    "rejected": "not taken",
}


def preview(wanted: "FileImport", done: "Imported") -> None:
    say(f"{wanted.sheet.path}: {wanted.sheet.note}, header in row {wanted.sheet.header}, {done.rows:,} rows as {wanted.source!r}")
    _columns(wanted)
    _first_rows(wanted)
    _outcomes(done, "\nWhat would become of them")
    _reasons(done)
    say("\nnothing was imported; to import: the same with --yes")


def result(wanted: "FileImport", done: "Imported", rejects: Path | None, again: str = "") -> None:
    """``again`` is the command that takes the rejects in, where it is not an import."""
    _outcomes(done, f"{wanted.sheet.path} as {wanted.source!r}")
    _reasons(done)
    if done.outcomes["merged"]:
        say("\nwhat was merged can be told apart again: centri dedupe log, then centri dedupe undo NUMBER --yes")
    if rejects:
        told = "1 row was" if len(done.rejects) == 1 else f"{len(done.rejects):,} rows were"
        again = again or f"centri import {rejects} --entity {wanted.mapping.entity}"
        say(f"\n{told} set aside, see {rejects}; once it is corrected: {again}")


def as_json(wanted: "FileImport", done: "Imported", *, written: bool, rejects: Path | None) -> dict[str, Any]:
    return {
        "ok": True,
        "written": written,
        "file": str(wanted.sheet.path),
        "read_as": wanted.sheet.note,
        "source": wanted.source,
        "entity": wanted.mapping.entity,
        "columns": [
            {"column": c.name, "field": c.field or None, "certainty": c.score, "sure": c.sure, "given": c.given}
            for c in wanted.columns
        ],
        "rows": done.rows,
        "repeated": done.repeated,
        "outcomes": {word: done.outcomes[word] for word in _WORDS},
        "rejects": [
            {"row": number, "kind": r.kind, "field": r.field or None, "reason": r.reason}
            for number, reasons in sorted(done.rejects.items())
            for r in reasons
        ],
        "rejects_file": str(rejects) if rejects else None,
    }


def _columns(wanted: "FileImport") -> None:
    matched = [(c.name, c.field, _certainty(c)) for c in wanted.columns if c.field]
    table("\nColumns", ("column", "field", "certainty"), matched)
    if unmatched := [c.name for c in wanted.columns if not c.field]:
        say(f"\nnot imported: {', '.join(unmatched)}; to say what a column is: --map 'COLUMN=field'")


def _certainty(column: "Column") -> str:
    if column.given:
        return "as you said"
    return f"{column.score:.0%}" if column.sure else f"{column.score:.0%}  unsure: look at it"


def _first_rows(wanted: "FileImport") -> None:
    rows = sample(wanted, _ROWS)
    fields = [rule.prm for rule in wanted.mapping.rules]
    told = ([row.number, *(_shown(found.values.get(f), found.findings.get(f)) for f in fields)] for row, found in rows)
    table("\nThe first rows", ("row", *fields), told)


def _shown(value: Any, finding: Exception | None) -> str:
    if finding is not None:
        return f"! {finding}"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _outcomes(done: "Imported", title: str) -> None:
    rows = [(number, told) for word, told in _WORDS.items() if (number := done.outcomes[word])]
    if done.repeated:
        rows.append((done.repeated, "twice in the file"))
    table(title, ("rows", ""), rows, numbers=("rows",))


def _reasons(done: "Imported") -> None:
    if done.rejects:
        reasons = ((n, r.field, r.kind, r.reason) for n, why in sorted(done.rejects.items()) for r in why)
        table("\nSet aside", ("row", "field", "kind", "reason"), islice(reasons, _REASONS))
        if len(done.rejects) > _REASONS:
            say(f"... of {len(done.rejects):,} rows")
