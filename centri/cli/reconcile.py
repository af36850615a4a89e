"""``centri reconcile``: where CRMs and store do not agree, though no feed tells."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, settings, share
from centri.cli.output import HELD, answering, counting, note, print_json, say, table
from centri.errors import CentriError, ConfigError, Stop

if TYPE_CHECKING:
    from centri.engine.swept import Difference, Finding, Swept, Tally

_SHOWN = 20
_COUNTS = ("in_crm", "linked", "in_prm", "waiting", "anomalies", "underway")
_GRAVEST_FIRST = (Stop, ConfigError, CentriError)


def reconcile(
    connection: Annotated[str | None, typer.Argument(help="One connection of the mapping; all of them without it.")] = None,
    entity: Annotated[str | None, typer.Argument(help="One PRM entity of that connection.")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Put what is found into the way of the next sync.")] = False,
    allow: Annotated[
        str | None, typer.Option(help="Believe a sweep that did not meet up to this share of the linked records, such as 45%.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=f"List every finding, not the first {_SHOWN}.")] = False,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Read every record of the CRMs, and tell where they and the store do not agree and no sync would notice.

    Examples: `centri reconcile`, `centri reconcile salesforce account --repair`

    Without `--repair` nothing is changed; with it the next `centri sync` settles what was found, by its policies, and nothing
    is ever deleted in a CRM. Exit code 3 says that there are differences, 0 that there are none; 2 that a CRM could not be
    read to its end, and 4 that a sweep met so few of the linked records that it is not believed: what is then not listed may
    differ all the same.
    """
    with answering(as_json=as_json):
        given = replace(settings(mappings, home), allow=share(allow))
        swept, found = _swept(given, connection, entity, repair=repair, most=None if everything else _SHOWN)
    if as_json:
        print_json(_document(swept, found))
    else:
        _print(swept, found, repair=repair)
    for report in swept:
        if report.failure:
            note(f"centri: {report.failure}")
    raise typer.Exit(_exit_code(swept))


def _swept(
    given: Any, connection: str | None, entity: str | None, *, repair: bool, most: int | None
) -> "tuple[list[Swept], list[Finding]]":
    """Every report, and the first findings: however many there are, no more are kept than are shown."""
    from centri.engine.project import open_project
    from centri.engine.reconcile import reconcile as engine

    found: list[Finding] = []

    def told(finding: "Finding") -> None:
        if most is None or len(found) < most:
            found.append(finding)

    project = open_project(given)
    try:
        names = [connection] if connection else list(project.mapping.connections)
        with counting("compared {:,} records") as progress:
            swept = [r for n in names for r in engine(project, n, entity, repair=repair, told=told, progress=progress)]
    finally:
        project.close()
    return swept, found


def _exit_code(swept: "Sequence[Swept]") -> int:
    """That of the gravest failure; without one, whether there are differences."""
    failures = [r.failure for r in swept if r.failure]
    for kind in _GRAVEST_FIRST:
        if found := next((f for f in failures if isinstance(f, kind)), None):
            return found.exit_code
    return HELD if any(r.differences for r in swept) else 0


def _document(swept: "Sequence[Swept]", found: "Sequence[Finding]") -> dict[str, Any]:
    failed = {f"{r.connection} {r.object}": str(r.failure) for r in swept if r.failure}
    counts = [
        {"connection": r.connection, "object": r.object, "entity": entity, "complete": r.failure is None, **tally.as_json()}
        for r in swept
        for entity, tally in r.tallies.items()
    ]
    calls = {"records": sum(r.records for r in swept), "api_calls": sum(r.api_calls for r in swept)}
    document = {"ok": not failed, "differences": sum(r.differences for r in swept), **calls, "swept": counts}
    document |= {"findings": [_finding(f) for f in found], "more": _unshown(swept, found)}
    return document | ({"failed": failed} if failed else {})


def _finding(finding: "Finding") -> dict[str, Any]:
    from dataclasses import asdict

    plain = ("kind", "connection", "object", "entity", "crm_id", "prm_id", "note")
    return {name: getattr(finding, name) for name in plain} | {"fields": [asdict(f) for f in finding.fields]}


def _unshown(swept: "Sequence[Swept]", found: "Sequence[Finding]") -> int:
    return sum(sum(t.found.values()) for r in swept for t in r.tallies.values()) - len(found)


def _print(swept: "Sequence[Swept]", found: "Sequence[Finding]", *, repair: bool) -> None:
    columns = ("connection", "object", "entity", *(name.replace("_", " ") for name in _COUNTS), "differences", "held")
    rows = [
        (r.connection, r.object, entity, *_counts(r, tally), tally.differences, tally.held)
        for r in swept
        for entity, tally in r.tallies.items()
    ]
    table("", columns, rows, numbers=columns[3:])
    for finding in found:
        say("\n" + "\n".join(_paragraph(finding)))
    if more := _unshown(swept, found):
        say(f"\n{more:,} more; to see them: --all")
    say(f"\n{_outcome(swept, repair=repair)}")


def _counts(report: "Swept", tally: "Tally") -> list[int | None]:
    """What a sweep that was broken off has not counted stays open."""
    return [None if report.failure else getattr(tally, name) for name in _COUNTS]


def _paragraph(finding: "Finding") -> Iterator[str]:
    ids = f"{finding.object} {finding.crm_id}".strip() + (f" = {finding.entity} {finding.prm_id}" if finding.prm_id else "")
    yield f"{finding.kind}  {finding.connection} {ids}: {finding.note}"
    yield from (f"    {_field(d)}" for d in finding.fields)


def _field(d: "Difference") -> str:
    held = "; held, an anomaly is open" if d.held else ""
    return f"{d.field}  CRM {_value(d.crm)}, PRM {_value(d.prm)}   {d.because}{held}"


def _value(value: Any) -> str:
    return "(blank)" if value in (None, "", []) else repr(value)


def _outcome(swept: "Sequence[Swept]", *, repair: bool) -> str:
    differences = sum(r.differences for r in swept)
    broken = [f"{r.connection} {r.object}" for r in swept if r.failure]
    if broken:
        return f"{differences:,} differences so far; not all was read: {', '.join(broken)}"
    if not differences:
        return "nothing differs"
    return f"{differences:,} differences; " + ("the next `centri sync` settles them" if repair else "nothing was changed")
