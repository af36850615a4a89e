"""``centri deal``: what partners do with the deals that they register."""

from pathlib import Path
from typing import Annotated

import typer

from centri.cli.deals_shown import print_deal
from centri.cli.desk import Set, done, entered, listed, told
from centri.cli.options import As, Home, Json, Mappings, opened
from centri.cli.output import Group, answering, print_json

app = typer.Typer(cls=Group, help="Deals that partners register: submitted, reviewed, protected, closed.", no_args_is_help=True)

Deal = Annotated[str, typer.Argument(metavar="DEAL", help="The deal's number, such as DR-0001, or its id.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.", show_default=False)]

_COLUMNS = {
    "number": "number", "revision_no": "rev", "state": "state", "account_name": "account", "product_family": "product",
    "amount": "amount", "currency": "", "close_date": "closes", "partner": "partner", "program": "programme",
    "response_due_at": "answer by", "expires_at": "protected until", "id": "id",
}  # fmt: skip


@app.command()
def create(
    values: Set = None,
    opportunity: Annotated[str | None, typer.Option(help="The id of an opportunity to register.", show_default=False)] = None,
    lead: Annotated[str | None, typer.Option(help="The id of a lead to register.", show_default=False)] = None,
    program: Annotated[str | None, typer.Option(help="The programme's code (else the one joined).", show_default=False)] = None,
    partner: Annotated[str | None, typer.Option(help="For whom, where nobody of a partner acts.", show_default=False)] = None,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Write down a deal; nobody is told before it is submitted.

    Examples: `centri deal create --opportunity 5c1f8a3e-... --as rita@alpine.example`,
    `centri deal create --set account_name=Globex --set product_family=ZT --set amount=60000 --as celine@castell.example`

    Fields: account_name, contact_name, contact_email, product_family, amount, currency, close_date, current_situation,
    timeframe. What an opportunity or a lead knows is carried over.
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import create_deal

        given = {"program": program, "partner": partner, "opportunity": opportunity, "lead": lead}
        id = create_deal(project, actor, entered(values), **given)
    done(f"draft {id}; to submit it: centri deal submit {id}", {"deal": id, "state": "draft"}, as_json=as_json)


@app.command()
def submit(deal: Deal, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Register a deal: it gets its number, the partner a receipt, and the channel manager is told.

    Examples: `centri deal submit 5c1f8a3e-... --as rita@alpine.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import submit_deal

        number = submit_deal(project, deal, actor)
    done(f"submitted as {number}", {"deal": number, "state": "submitted"}, as_json=as_json)


@app.command("list")
def list_(
    state: Annotated[list[str] | None, typer.Option(help="Only those in this state.", show_default=False)] = None,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """List the deals that whoever acts may see, the latest first.

    Examples: `centri deal list`, `centri deal list --state submitted --as dana@vantage.example --json`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import deal_list

        rows = deal_list(project, actor, state or ())
    listed(rows, "deals", _COLUMNS, "there are no deals to see", as_json=as_json, numbers=["amount"])


@app.command()
def show(deal: Deal, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Show a deal, what it lacks, its proofs, extensions and credit.

    Examples: `centri deal show DR-0001`, `centri deal show DR-0001 --as rita@alpine.example --json`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import deal_shown

        row = deal_shown(project, deal, actor)
    if as_json:
        print_json({"ok": True, "deal": told(row)})
    else:
        print_deal(row)


@app.command()
def resubmit(
    deal: Deal, values: Set = None, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Submit a returned, rejected or expired deal once more, with what was missing.

    Examples: `centri deal resubmit DR-0004 --set close_date=2026-07-01 --as bernd@bavaria.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import resubmit_deal

        id = resubmit_deal(project, deal, actor, entered(values))
    done("submitted again", {"deal": id, "state": "submitted"}, as_json=as_json)


@app.command()
def withdraw(deal: Deal, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Take a deal back before it is decided.

    Examples: `centri deal withdraw DR-0001 --as rita@alpine.example`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import withdraw_deal

        withdraw_deal(project, deal, actor)
    done("withdrawn", {"deal": deal, "state": "withdrawn"}, as_json=as_json)


@app.command()
def close(
    deal: Deal,
    outcome: Annotated[str, typer.Argument(metavar="OUTCOME", help="won or lost.")],
    reason: Reason = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Close an approved deal, and its opportunity with it; a lost one needs a reason.

    Examples: `centri deal close DR-0001 won --as rita@alpine.example`, `centri deal close DR-0001 lost --reason price`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import close_deal

        close_deal(project, deal, actor, outcome, reason)
    done(outcome, {"deal": deal, "state": outcome}, as_json=as_json)


@app.command()
def proof(
    deal: Deal,
    kind: Annotated[str, typer.Option(help="po, invoice, contract, other.")] = "po",
    file: Annotated[Path | None, typer.Option(help="The document; its name and digest are kept.", show_default=False)] = None,
    uri: Annotated[str, typer.Option(help="Where the document is.", show_default=False)] = "",
    accept: Annotated[bool, typer.Option("--accept", help="For the vendor: accept the proofs that are there.")] = False,
    actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None,
) -> None:  # fmt: skip
    """Name what proves that a deal was won; or, for the vendor, accept what was named.

    Examples: `centri deal proof DR-0001 --kind po --file po.pdf --as rita@alpine.example`, `centri deal proof DR-0001 --accept`
    """
    with answering(as_json=as_json), opened(mappings, home) as project:
        from centri.engine.deal_acts import accept_proof, add_proof

        if accept:
            number = accept_proof(project, deal, actor)
        else:
            add_proof(project, deal, actor, kind, file_name=file.name if file else "", sha256=_digest(file), uri=uri)
    if accept:
        done(f"{number} accepted", {"deal": deal, "accepted": number}, as_json=as_json)
    else:
        done("kept", {"deal": deal, "proof": kind}, as_json=as_json)


def _digest(file: Path | None) -> str:
    """Raises ConfigError where the file cannot be read."""
    from hashlib import sha256

    from centri.errors import ConfigError

    if file is None:
        return ""
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from error
