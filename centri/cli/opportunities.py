"""``centri opp``: partners' opportunities, and the vendor's approval of them."""

from typing import Annotated, Any

import typer

from centri.cli.desk import Set, Text, done, entered, facts, listed, told
from centri.cli.options import As, Home, Json, Mappings, opened
from centri.cli.output import Group, answering, print_json

app = typer.Typer(cls=Group, help="Partners' opportunities: entered, handed on, approved.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="OPPORTUNITY", help="The opportunity's id.")]

_COLUMNS = {
    "id": "id", "name": "name", "account": "account", "partner": "partner", "partner_user": "whose", "amount": "amount",
    "currency": "", "close_date": "closes", "partner_stage": "stage", "approval_state": "approval", "registered": "registered",
}  # fmt: skip


@app.command()
def create(
    lead: Annotated[str, typer.Argument(metavar="LEAD", help="The id of a converted lead that has no opportunity yet.")],
    values: Set = None, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Enter the opportunity of a converted lead.

    Examples: `centri opp create 5c1f8a3e --set name="Zero Trust" --set amount=48000 --set currency=EUR --as rita@alpine.example`

    Fields: name, amount, currency, close_date, stage, product_family, next_step. Amount and date may come later.
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.partner_acts import create_opportunity

        id = create_opportunity(project, actor, lead, entered(values))
    done(f"opportunity {id}", {"opportunity": id}, as_json=as_json)


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option(help="Only open, won or lost ones.", show_default=False)] = None,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """List the opportunities that whoever acts may see, the latest first.

    Examples: `centri opp list`, `centri opp list --as rita@alpine.example --state open --json`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_views import opportunity_list

        rows = opportunity_list(project, actor, state or ())
    listed(rows, "opportunities", _COLUMNS, "there are no opportunities to see", as_json=as_json, numbers=["amount"])


@app.command()
def show(id: Id, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Show an opportunity.

    Examples: `centri opp show 5c1f8a3e-...`, `centri opp show 5c1f8a3e-... --as rita@alpine.example --json`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_views import opportunity_shown

        row = opportunity_shown(project, id, actor)
    if as_json:
        print_json({"ok": True, "opportunity": told(row)})
    else:
        facts(row)


@app.command()
def update(
    id: Id, values: Set = None, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Change what the partner knows of an opportunity; the CRM is told at the next sync.

    Examples: `centri opp update 5c1f8a3e-... --set amount=32000 --set close_date=2026-05-29 --as rob@alpine.example`

    While the vendor reviews it, amount, currency, date and product stand still.
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.partner_acts import update_opportunity

        update_opportunity(project, id, actor, entered(values))
    done("changed", {"opportunity": id}, as_json=as_json)


@app.command()
def assign(
    id: Id, to: Annotated[str, typer.Option("--to", metavar="EMAIL", help="Which of the partner's people gets it.")],
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Give an opportunity to another of the partner's people; who had it goes on reading it.

    Examples: `centri opp assign 5c1f8a3e-... --to rob@alpine.example --as rita@alpine.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.partner_acts import assign_opportunity

        assign_opportunity(project, id, actor, to)
    done(f"it is {to}'s now", {"opportunity": id, "to": to}, as_json=as_json)


@app.command()
def submit(id: Id, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Ask the vendor to approve an opportunity.

    Examples: `centri opp submit 5c1f8a3e-... --as rita@alpine.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.partner_acts import submit_opportunity

        submit_opportunity(project, id, actor)
    done("submitted", {"opportunity": id, "approval_state": "submitted"}, as_json=as_json)


@app.command()
def approve(
    id: Id, text: Text = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Approve a submitted opportunity and hand it back; its partner is told to register it as a deal.

    Examples: `centri opp approve 5c1f8a3e-... --as dana@vantage.example`
    """
    _decide("approve", id, text, actor, as_json, mappings, home)


@app.command("return")
def return_(
    id: Id, text: Text = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Give a submitted opportunity back to be completed.

    Examples: `centri opp return 5c1f8a3e-... --text "which product?" --as dana@vantage.example`
    """
    _decide("return", id, text, actor, as_json, mappings, home)


@app.command()
def reject(
    id: Id, text: Text = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Refuse a submitted opportunity, and say why.

    Examples: `centri opp reject 5c1f8a3e-... --text "a direct customer" --as dana@vantage.example`
    """
    _decide("reject", id, text, actor, as_json, mappings, home)


def _decide(word: str, id: str, text: str, actor: str | None, as_json: bool, mappings: Any, home: Any) -> None:
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine import partner_acts

        getattr(partner_acts, f"{word}_opportunity")(project, id, actor, text)
    state = {"approve": "approved", "return": "returned", "reject": "rejected"}[word]
    done(state, {"opportunity": id, "approval_state": state}, as_json=as_json)
