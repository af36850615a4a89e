"""``centri erase``: a person is forgotten."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import As, Home, Json, Mappings, opened
from centri.cli.output import Group, answering, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.erase import Erasure

app = typer.Typer(cls=Group, help="Forget a person: in the PRM, for good.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The record's id in the PRM.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, for those who read it later; it names nobody.", show_default=False)]
Plan = Annotated[bool, typer.Option("--plan", help="Only show what would go.")]


@app.command()
def lead(
    id: Id, reason: Reason, plan: Plan = False, actor: As = None, as_json: Json = False, mappings: Mappings = None,
    home: Home = None,
) -> None:  # fmt: skip
    """Erase the person that a lead is, and every lead and contact that is the same person.

    Examples: `centri erase lead 5c1f8a3e-... --reason "request of 2 March" --plan`,
    `centri erase lead 5c1f8a3e-... --reason "request of 2 March"`

    It cannot be undone. CRMs are left alone: erase her there too. What they go on telling of her is not taken in again.
    """
    _erase("lead", id, reason, plan, actor, as_json, mappings, home)


@app.command()
def contact(
    id: Id, reason: Reason, plan: Plan = False, actor: As = None, as_json: Json = False, mappings: Mappings = None,
    home: Home = None,
) -> None:  # fmt: skip
    """Erase the person that a contact is, and every lead and contact that is the same person.

    Examples: `centri erase contact 31aa90ef-... --reason "request of 2 March" --plan`,
    `centri erase contact 31aa90ef-... --reason "request of 2 March"`
    """
    _erase("contact", id, reason, plan, actor, as_json, mappings, home)


def _erase(entity: str, id: str, reason: str, plan: bool, actor: str | None, as_json: bool, mappings: Any, home: Any) -> None:
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.erase import erase as engine

        done = engine(project, entity, id, reason, plan=plan, actor=actor)
    if as_json:
        crm = [dict(zip(("connection", "object", "id"), ref, strict=True)) for ref in done.crm]
        mentions = [{"entity": entity, "id": id} for entity, id in done.mentions]
        told = {"places": done.places, "crm": crm, "mentions": mentions, "opportunities": done.opportunities}
        print_json({"ok": True, "done": done.done, **told})
    else:
        _print(done)


def _print(done: "Erasure") -> None:
    table("Erased" if done.done else "This would be erased", ("table", "rows"), done.places.items(), numbers=("rows",))
    if done.crm:
        say("\nCRMs are left alone and still hold the person; erase these there too:")
        for connection, object, id in done.crm:
            say(f"  {connection} {object} {id}")
    if done.mentions:
        say("\nThese are about something else, name the person or have the same number, and stay as they are; look at them:")
        for entity, id in done.mentions:
            say(f"  {entity} {id}")
    if not done.done:
        say("\nNothing was done; without --plan it is, and cannot be undone.")
