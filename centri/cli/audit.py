"""``centri audit``: who changed what, field by field, from the lead to the deal."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.options import As, Home, Json, Mappings, opened
from centri.cli.output import Group, answering, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.audit_trail import Trail

app = typer.Typer(cls=Group, help="Who changed what, when and why, field by field.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The record's id in the PRM.")]


@app.command()
def lead(
    id: Id,
    follow: Annotated[bool, typer.Option("--follow", help="Go on to contact, account, opportunity and deal.")] = False,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Tell a lead's whole life: to whom it was offered, who did what, and with --follow what became of it.

    Examples: `centri audit lead 5c1f8a3e-... --follow`, `centri audit lead 5c1f8a3e-... --as clara@alpine.example`

    A partner's person (--as) reads of its own partner's part alone, with personal data masked.
    """
    _tell("lead", id, follow, actor, as_json, mappings, home)


@app.command()
def opportunity(
    id: Id,
    follow: Annotated[bool, typer.Option("--follow", help="Go on to its deals.")] = False,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Tell what happened to an opportunity, and with --follow to the deals that registered it.

    Examples: `centri audit opportunity 77ab01cd-...`, `centri audit opportunity 77ab01cd-... --follow --json`
    """
    _tell("opportunity", id, follow, actor, as_json, mappings, home)


@app.command()
def deal(
    id: Annotated[str, typer.Argument(metavar="ID", help="The deal's id, or its number for the latest revision.")],
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Tell what happened to a registered deal, its extensions, proofs and credit.

    Examples: `centri audit deal DR-0002`, `centri audit deal DR-0002 --json`
    """
    _tell("deal", id, False, actor, as_json, mappings, home)


@app.command()
def account(
    id: Id, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Tell what happened to an account.

    Examples: `centri audit account 0f3c55aa-...`, `centri audit account 0f3c55aa-... --json`
    """
    _tell("account", id, False, actor, as_json, mappings, home)


@app.command()
def contact(
    id: Id, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Tell what happened to a contact.

    Examples: `centri audit contact 31aa90ef-...`, `centri audit contact 31aa90ef-... --json`
    """
    _tell("contact", id, False, actor, as_json, mappings, home)


def _tell(word: str, id: str, follow: bool, actor: str | None, as_json: bool, mappings: Any, home: Any) -> None:
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.audit_trail import trail

        found = trail(project, word, id, follow=follow, actor=actor)
    if as_json:
        print_json(_document(found))
    else:
        _print(found)


def _document(found: "Trail") -> dict[str, Any]:
    changes = [
        {
            "at": c.at, "of": {"type": c.about.word, "id": c.about.id}, "entity": c.entity, "id": c.id, "field": c.field,
            "old": c.old, "new": c.new, "actor": c.actor, "cause": c.cause,
        }
        for c in found.changes
    ]  # fmt: skip
    return {"ok": True, "records": [{"type": s.word, "id": s.id, "label": s.label} for s in found.subjects], "changes": changes}


def _print(found: "Trail") -> None:
    say(" -> ".join(f"{s.word} {s.label or s.id}" for s in found.subjects))
    if not found.changes:
        say("nothing was changed yet")
        return
    rows = (
        (c.at, c.about.word, c.entity, c.field or "(new row)", _value(c.old), _value(c.new), c.actor, c.cause)
        for c in found.changes
    )
    table("", ("at", "of", "row", "field", "old", "new", "by", "cause"), rows)


def _value(found: Any) -> str:
    if isinstance(found, Mapping):
        return ", ".join(f"{name} {_value(held)}" for name, held in found.items())
    return "" if found is None else str(found)
