"""``centri backfill``: read again what a CRM holds already."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Home, Json, Mappings, moment, settings, share
from centri.cli.output import answering, counting, print_json, say, table
from centri.errors import ConfigError

if TYPE_CHECKING:
    from centri.engine.backfill import Backfilled, Wish

_COUNTS = ("read", "unchanged", "to_prm", "to_crm", "created", "held", "waiting")


def backfill(
    connection: Annotated[str, typer.Argument(help="A connection of the mapping.", show_default=False)],
    entity: Annotated[str, typer.Argument(help="One of its PRM entities.", show_default=False)],
    since: Annotated[str | None, typer.Option("--from", help="Records changed in the CRM from this day or moment on.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Up to the end of this day, or before this moment; to now.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every record.")] = False,
    records: Annotated[list[str] | None, typer.Option("--record", metavar="CRM_ID", help="This one record alone.")] = None,
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="Take this PRM field again, even where the CRM did not change it.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what it would do, and do nothing.")] = False,
    allow: Annotated[
        str | None, typer.Option("--allow", help="Let this share of the linked records change, such as 45%.")
    ] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Read records again that were read before, and settle them: after a mapping change, or after something went wrong.

    Examples: `centri backfill salesforce lead --from 2026-01-01 --to 2026-01-31`, `centri backfill salesforce lead --all --plan`,
    `centri backfill sugarcrm account --field industry_raw`, `centri backfill sugarcrm lead --record 3f1c...`

    The feed's cursor stays where it is. What the mapping gained since records were linked is filled; with `--field` that field
    is taken from the CRM again for all records, but where the PRM changed it meanwhile. It works page by page and gives way to
    whatever else runs; stopped, the same command goes on from there. What the CRM is to be told goes out at its next push.
    """
    from centri.engine import backfill as engine
    from centri.engine.project import open_project

    with answering(as_json=as_json):
        wish = _wish(connection, entity, since, until, records or [], fields or [], everything=everything)
        given = replace(settings(mappings, home), allow=share(allow))
        project = open_project(given)
        try:
            with counting("read {:,} records again") as progress:
                done = (engine.planned if plan else engine.backfill)(project, wish, progress=progress)
        finally:
            project.close()
    if as_json:
        print_json({"ok": True, "planned": plan, "backfilled": [_document(each) for each in done]})
    else:
        _print(done, plan=plan)


def _wish(
    connection: str, entity: str, since: str | None, until: str | None, records: Sequence[str], fields: Sequence[str], *,
    everything: bool,
) -> "Wish":  # fmt: skip
    """Raises ConfigError where it is not said, or said in two ways, which records are meant."""
    from centri.engine.backfill import Wish

    said = [name for name, given in (("--from or --to", since or until), ("--all", everything), ("--record", records)) if given]
    if len(said) > 1:
        raise ConfigError(f"which records? {' and '.join(said)} say different things; give one of them")
    if not said and not fields:
        raise ConfigError("which records? --from DAY --to DAY, --record ID, --all, or --field FIELD for that field of all")
    begin: datetime | None = moment("--from", since) if since else None
    end = moment("--to", until, included=True) if until else None
    return Wish(connection, entity, begin, end, tuple(sorted(set(fields))), tuple(dict.fromkeys(records)))


def _document(done: "Backfilled") -> dict[str, Any]:
    plain = ("connection", "object", "entity", "staged", "changed", "api_calls", "resumed")
    counts = {e: {name: getattr(c, name) for name in _COUNTS} for e, c in done.counts.items()}
    return {**{n: getattr(done, n) for n in plain}, "records": done.read, "seconds": round(done.seconds, 3), "decided": counts}


def _print(done: "Sequence[Backfilled]", *, plan: bool) -> None:
    from centri.sync.explain import explain
    from centri.sync.plan import Counts

    columns = ("object", "read", "concern us", "entity", *(name.replace("_", " ") for name in _COUNTS[1:]), "API calls")
    rows = [
        (each.object, each.read, each.staged, entity, *(getattr(counts, name) for name in _COUNTS[1:]), each.api_calls)
        for each in done
        for entity, counts in (each.counts or {each.entity: Counts()}).items()
    ]
    table("", columns, rows, numbers=[c for c in columns if c not in ("object", "entity")])
    for text in (explain(each) for one in done for each in one.plans):
        say(f"\n{text}")
    if any(each.resumed for each in done):
        say("\nIt went on where it had been stopped.")
    if plan:
        say("\nNothing was changed.")
    elif any(counts.to_crm for each in done for counts in each.counts.values()):
        say("\nWhat the CRM is to be told goes out with the next `centri sync`.")
