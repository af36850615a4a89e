"""``centri init``: a starting mapping out of what a CRM says of itself, or one more of its fields in a mapping that is there."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import Json, settings
from centri.cli.output import answering, note, print_json, say

if TYPE_CHECKING:
    from centri.engine.scaffold import Scaffolded
    from centri.engine.scaffold_add import Added
    from centri.engine.scaffold_crm import Crm
    from centri.settings import Settings


def init(
    connection: Annotated[str | None, typer.Argument(help="The name of the new connection.", show_default=False)] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="salesforce, sugarcrm or csvfile (else what the name says).", show_default=False)
    ] = None,
    objects: Annotated[
        str | None,
        typer.Option("--objects", help="Only these objects, such as Account,Lead or Deal__c=opportunity.", show_default=False),
    ] = None,
    field: Annotated[
        str | None, typer.Option("--add", help="Add one CRM field of an entity instead: lead.Rating__c.", show_default=False)
    ] = None,
    on: Annotated[
        str | None, typer.Option("--connection", help="With --add: on this connection only.", show_default=False)
    ] = None,
    prm: Annotated[str | None, typer.Option("--as", help="With --add: the PRM field that it is.", show_default=False)] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask the recorded metadata in fixtures/ instead of the CRM.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change, and write nothing.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The mapping file (else CENTRI_MAPPINGS, or mappings.yaml).", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask a CRM what it has and write a starting mapping for it, or add to the mapping that is there. The CRM is only read.

    Examples: `centri init salesforce`, `centri init north --type sugarcrm --objects Accounts,Leads --offline`,
    `centri init --add lead.Rating__c`, `centri init --add lead.Rating__c --as timeframe --dry-run`

    PRM fields are matched to CRM fields by known names, then by likeness of names, labels and types. What is doubtful ends
    with `# unsure: 0.71, also LeadSource (0.64)` and flows in only. Everything that stands in the file stays as it is.
    """
    with answering(as_json=as_json):
        from centri.errors import ConfigError

        if (connection is None) == (field is None):
            raise ConfigError(
                "name a new connection (centri init salesforce), or a field to add (centri init --add lead.Rating__c)"
            )
        given = settings(out)
        before = given.mappings.read_bytes().decode() if given.mappings.is_file() else ""
        done: Scaffolded | Added
        if connection is not None:
            done = _started(given, before, connection, kind, objects, offline=offline)
        else:
            done = _added(given, before, str(field), on, prm, offline=offline)
        if not dry_run:
            from centri.connectors.recorded import write

            write(given.mappings, done.text.encode())
    _tell(given, before, done, dry_run=dry_run, as_json=as_json)


def _started(
    given: "Settings", before: str, connection: str, kind: str | None, objects: str | None, *, offline: bool
) -> "Scaffolded":
    from centri.engine.project import PRM_FIELDS
    from centri.engine.scaffold import config_of, fixtures_beside, start
    from centri.engine.scaffold_crm import RecordedCrm, live
    from centri.errors import ConfigError
    from centri.mappings.connection_blocks import kind_of
    from centri.mappings.loader import load

    if before and connection in load(given.mappings, PRM_FIELDS).connections:
        raise ConfigError(
            f"{given.mappings} has the connection {connection!r} already, and it is left alone;"
            " to add a field of it: centri init --add ENTITY.FIELD"
        )
    told = kind_of(connection, kind)
    wanted = [name.strip() for name in objects.split(",") if name.strip()] if objects else []
    with ExitStack() as stack:
        crm: Crm
        if offline:
            crm = RecordedCrm(connection, fixtures_beside(given.mappings))
        else:
            config = config_of(connection, told, given.environment)
            crm = stack.enter_context(live(connection, config, given.environment))
        return start(connection, told, crm, wanted, given.environment, before, str(given.mappings))


def _added(given: "Settings", before: str, named: str, on: str | None, prm: str | None, *, offline: bool) -> "Added":
    from centri.engine.project import mapping_of
    from centri.engine.scaffold import fixtures_beside
    from centri.engine.scaffold_add import add
    from centri.engine.scaffold_crm import RecordedCrm, live

    mapping = mapping_of(given)
    with ExitStack() as stack:
        opened: dict[str, Crm] = {}

        def crm(connection: str) -> "Crm":
            if connection not in opened:
                config = mapping.connections[connection]
                recorded = RecordedCrm(connection, fixtures_beside(given.mappings))
                opened[connection] = recorded if offline else stack.enter_context(live(connection, config, given.environment))
            return opened[connection]

        return add(mapping, before, str(given.mappings), named, crm, connection=on, prm=prm)


def _tell(given: "Settings", before: str, done: "Scaffolded | Added", *, dry_run: bool, as_json: bool) -> None:
    from centri.engine.scaffold import Scaffolded

    started = isinstance(done, Scaffolded)
    if as_json:
        summary = {"ok": True, "file": str(given.mappings), "written": not dry_run}
        print_json(summary | (_drafted(done) if isinstance(done, Scaffolded) else {"fields": _fields(done)}))
        return
    if dry_run or not started:
        say(_diff(before, done.text, str(given.mappings)))
    if isinstance(done, Scaffolded):
        _tell_started(given, done, new=not before, dry_run=dry_run)


def _tell_started(given: "Settings", done: "Scaffolded", *, new: bool, dry_run: bool) -> None:
    verb = "would be " if dry_run else ""
    note(f"{given.mappings} {verb}{'written' if new else 'added to'}:")
    for draft in done.drafts:
        rules = [rule for rule in draft.rules if not rule.off]
        unsure = f", {draft.unsure} unsure" if draft.unsure else ""
        note(f"  {draft.entity} ({draft.object}): {len(rules)} fields{unsure}, {len(draft.left)} left over")
    for object, why in done.skipped.items():
        note(f"  left out: {object}: {why}")
    note(f"Set before the first run: {', '.join(done.variables)}. Look at every line with 'unsure', then: centri check")


def _drafted(done: "Scaffolded") -> dict[str, Any]:
    entities = {
        draft.entity: {
            "object": draft.object,
            "fields": {rule.prm: rule.crm for rule in draft.rules if not rule.off},
            "unsure": [rule.prm for rule in draft.rules if rule.unsure],
            "left_over": [described.name for described, _ in draft.left],
        }
        for draft in done.drafts
    }
    return {"entities": entities, "variables": list(done.variables), "skipped": dict(done.skipped)}


def _fields(done: "Added") -> Mapping[str, Any]:
    return {
        connection: {"prm": rule.prm, "crm": rule.crm, "score": rule.match.score if rule.match else None, "unsure": rule.unsure}
        for connection, rule in done.rules.items()
    }


def _diff(before: str, after: str, file: str) -> str:
    from difflib import unified_diff

    return "\n".join(unified_diff(before.splitlines(), after.splitlines(), file, file, lineterm=""))
