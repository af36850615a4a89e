"""``centri held`` and ``resolve``: the conflict queue."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, print_json, say

if TYPE_CHECKING:
    from centri.engine.held import Held
    from centri.engine.resolve import Resolved


def held(
    connection: Annotated[str | None, typer.Option("--connection", help="Those with one connection.", show_default=False)] = None,
    as_json: Json = False,
    home: Home = None,
) -> None:
    """List the fields that both sides changed and that wait for a person, the oldest first, each with what resolves it.

    Examples: `centri held`, `centri held --connection salesforce --json`
    """
    with answering(as_json=as_json):
        from centri.engine import held as engine
        from centri.engine.opening import open_store

        store = open_store(settings(home=home))
        try:
            found = engine.held(store, connection=connection)
        finally:
            store.dispose()
    if as_json:
        print_json({"ok": True, "held": [_document(entry) for entry in found]})
    else:
        say("\n\n".join(map(_paragraph, found)) or "nothing is held")


def resolve(
    entity: Annotated[str, typer.Argument(help="The PRM entity.")],
    prm_id: Annotated[str, typer.Argument(metavar="PRM_ID", help="The record's id in the PRM.")],
    field: Annotated[str, typer.Argument(help="The PRM field.")],
    take: Annotated[Literal["crm", "prm"], typer.Option("--take", help="Whose value both sides are to hold.")],
    connection: Annotated[
        str | None, typer.Option("--connection", help="Where the field is in conflict with several.", show_default=False)
    ] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Take one side's value of a field that is held; `centri sync` then tells the CRM, where it must learn it.

    Examples: `centri resolve lead 5c1f8a3e-... city --take crm`, `centri resolve lead 5c1f8a3e-... city --take prm`
    """
    with answering(as_json=as_json):
        from centri.engine.project import open_project
        from centri.engine.resolve import resolve as engine

        project = open_project(settings(mappings, home))
        try:
            done = engine(project, entity, prm_id, field, take, connection=connection)
        finally:
            project.close()
    if as_json:
        print_json({"ok": True, **asdict(done)})
    else:
        say(_outcome(done))


def _document(entry: "Held") -> dict[str, Any]:
    crm, prm = entry.resolve
    return asdict(entry) | {"resolve": {"crm": crm, "prm": prm}}


def _paragraph(entry: "Held") -> str:
    name = f"{entry.name}  " if entry.name else ""
    before = f"CRM {_value(entry.crm_before)}, PRM {_value(entry.prm_before)}"
    return "\n".join((
        f"{entry.entity} {name}{entry.field}",
        f"    last agreed  {before}",
        f"    now          {entry.connection} {entry.object} {entry.crm_id}: {_value(entry.crm)}, PRM {_value(entry.prm)}",
        f"    held         {entry.reason}; since {entry.since:%Y-%m-%dT%H:%M:%SZ}",
        f"    {entry.resolve[0]}",
        f"    {entry.resolve[1]}",
    ))  # fmt: skip


def _value(value: Any) -> str:
    return "(blank)" if value in (None, "", []) else repr(value)


def _outcome(done: "Resolved") -> str:
    what = f"{done.field} of {done.entity} {done.prm_id}"
    if done.already:
        return f"{what} was resolved before; nothing was done"
    if done.take == "crm":
        return f"{what} is now {_value(done.value)}, as in {done.connection}"
    return f"{what} stays {_value(done.value)}; {done.connection} is told at the next sync"
