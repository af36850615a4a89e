"""``centri record``: what a CRM describes and some of its records, kept as fixtures with nobody's data in them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, print_json, say

if TYPE_CHECKING:
    from centri.engine.record import Changes, Recorded


def record(
    connection: Annotated[str, typer.Argument(help="One connection of the mapping.")],
    objects: Annotated[
        str | None, typer.Option("--objects", help="Only these of the mapped objects, such as Lead,Account.")
    ] = None,
    records: Annotated[int, typer.Option("--records", min=0, help="How many records of each object at most.")] = 20,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The folder to keep them in, else fixtures beside the mapping.", show_default=False),
    ] = None,
    mask_companies: Annotated[
        bool, typer.Option("--mask-companies", help="Mask the names and domains of companies too.")
    ] = False,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Record a CRM: its fields, some records with all that they refer to, and the traffic of it. Nothing is written to the CRM.

    Examples: `centri record salesforce`, `centri record sugarcrm --objects Leads,Accounts --records 5`,
    `centri record salesforce --out /tmp/fixtures --json`

    Persons' names, e-mail addresses, phone numbers, streets and free texts are masked, secrets are left out. The masks are
    made with a key in the working folder (or CENTRI_MASKING_KEY): the same name gets the same mask in every file and every
    time, and nobody without the key can tell what it was. Keep that key out of the repository, and look at what was recorded
    before you commit it. A file whose content is the same as before is not touched.
    """
    with answering(as_json=as_json):
        from centri.connectors.recorded import Fixtures
        from centri.engine.masking import masking_key
        from centri.engine.project import mapping_of
        from centri.engine.record import record as record_crm
        from centri.mappings.masks import Mask

        given = settings(mappings, home)
        mapping = mapping_of(given)
        folder = out or given.mappings.parent / "fixtures"
        mask = Mask(masking_key(given), companies=mask_companies)
        wanted = [name.strip() for name in objects.split(",") if name.strip()] if objects else []
        done = record_crm(mapping, connection, given.environment, Fixtures(folder), mask, objects=wanted, number=records)
    if as_json:
        print_json(_document(done))
    else:
        _print(done, folder)


def _document(done: "Recorded") -> dict[str, Any]:
    return {
        "ok": True,
        "connection": done.connection,
        "api_calls": done.calls,
        "cassette": str(done.cassette) if done.cassette else None,
        "written": [str(path) for path in done.written],
        "objects": {one.object: _changes(one) for one in done.objects},
    }


def _changes(one: "Changes") -> dict[str, Any]:
    drift = [{"change": d.change, "field": d.field, "detail": d.detail} for d in one.drift]
    counts = {"records": one.records, "added": one.added, "removed": one.removed, "changed": one.changed}
    return counts | {"new": one.new, "drift": drift}


def _print(done: "Recorded", folder: Path) -> None:
    for one in done.objects:
        say(f"{one.object}: {one.records:,} records{_told(one)}")
        for drift in one.drift:
            say(f"  {drift.field} {drift.change}{f': {drift.detail}' if drift.detail else ''}")
    files = f"{len(done.written)} files written" if done.written else "nothing to write"
    say(f"{files} in {folder} ({done.calls:,} API calls)")


def _told(one: "Changes") -> str:
    if one.new:
        return ", recorded for the first time"
    counts = {"added": one.added, "removed": one.removed, "changed": one.changed}
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f", {', '.join(told)}" if told else ", as before" if not one.drift else ""
