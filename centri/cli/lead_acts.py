"""What partners and the vendor's people do about a lead, as subcommands of ``centri lead``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from centri.cli.desk import Set, done, entered
from centri.cli.leads import Lead, app
from centri.cli.options import As, Home, Json, Mappings, moment, opened
from centri.cli.output import answering

if TYPE_CHECKING:
    from centri.engine.project import Project

__all__ = ["app"]

Reason = Annotated[str, typer.Option("--reason", help="Why.", show_default=False)]


@app.command()
def accept(lead: Lead, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Take a lead that is on offer; of several partners the first has it.

    Example: `centri lead accept 4711 --as clara@alpine.example`
    """
    from centri.engine import partner_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        partner_acts.accept(project, lead, actor)
    done(f"the lead {lead} is accepted", {}, as_json=as_json)


@app.command()
def decline(
    lead: Lead, reason: Reason = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Do not take a lead that is on offer; it goes to others.

    Example: `centri lead decline 4711 --reason "no capacity" --as clara@alpine.example`
    """
    from centri.engine import partner_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        partner_acts.decline(project, lead, actor, reason)
        _again(project, lead)
    done(f"the lead {lead} is declined", {}, as_json=as_json)


@app.command()
def assign(
    lead: Lead,
    partner: Annotated[str | None, typer.Option("--partner", help="A partner, by name or id.", show_default=False)] = None,
    rep: Annotated[str | None, typer.Option("--rep", help="One of a partner's people, by e-mail.", show_default=False)] = None,
    pool: Annotated[str | None, typer.Option("--pool", help="A pool of the mapping.", show_default=False)] = None,
    actor: As = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Give a lead: the vendor to a partner, a partner's person or a pool; a partner's administrator to one of its people.

    Examples: `centri lead assign 4711 --partner "Alpine Resellers" --as dana@vantage.example`,
    `centri lead assign 4711 --rep rita@alpine.example --as clara@alpine.example`
    """
    from centri.engine import distribution_acts, partner_acts
    from centri.errors import ConfigError

    if sum(map(bool, (partner, rep, pool))) != 1:
        raise ConfigError("say to whom: one of --partner, --rep and --pool")
    with answering(as_json=as_json), opened(mappings, home) as project:
        if rep and _is_partner(project, actor):
            partner_acts.assign_rep(project, lead, actor, rep)
        else:
            distribution_acts.give(project, lead, actor, partner=partner, rep=rep, pool=pool)
    done(f"the lead {lead} is given to {partner or rep or f'the pool {pool}'}", {}, as_json=as_json)


@app.command()
def activity(
    lead: Lead,
    kind: Annotated[str, typer.Argument(help="contact_established, call, email, meeting, requalified, tactic_executed, ...")],
    outcome: Annotated[str | None, typer.Option("--outcome", help="What came of it.", show_default=False)] = None,
    actor: As = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Write down what was done about a lead; the first that the terms name lets the partner keep it.

    Example: `centri lead activity 4711 contact_established --as rita@alpine.example`
    """
    from centri.engine import partner_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        partner_acts.log_activity(project, lead, actor, kind, outcome)
    done(f"{kind} is written down", {}, as_json=as_json)


@app.command()
def note(
    lead: Lead,
    text: Annotated[str, typer.Argument(help="The note.")],
    private: Annotated[bool, typer.Option("--private", help="The vendor is not to read it.")] = False,
    actor: As = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Write a note on a lead.

    Example: `centri lead note 4711 "Asked for a demo" --as rita@alpine.example`
    """
    from centri.engine import partner_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        partner_acts.add_note(project, f"lead/{lead}", actor, text, visibility="partner" if private else "both")
    done("the note is written", {}, as_json=as_json)


@app.command()
def convert(
    lead: Lead,
    opportunity: Annotated[
        str | None, typer.Option("--opportunity", help="The name of an opportunity to open.", show_default=False)
    ] = None,
    amount: Annotated[str | None, typer.Option("--amount", help="Its amount.", show_default=False)] = None,
    currency: Annotated[str | None, typer.Option("--currency", help="Its currency, as EUR.", show_default=False)] = None,
    close: Annotated[str | None, typer.Option("--close", help="The day it closes, as 2026-06-30.", show_default=False)] = None,
    stage: Annotated[str | None, typer.Option("--stage", help="Its stage.", show_default=False)] = None,
    actor: As = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Make an account, a contact and, where one is named, an opportunity of a lead, all or nothing.

    Example: `centri lead convert 4711 --opportunity "Zero Trust" --amount 48000 --currency EUR --as rita@alpine.example`
    """
    from dataclasses import asdict

    from centri.engine import partner_acts

    given = {"name": opportunity, "amount": amount, "currency": currency, "close_date": close, "stage": stage}
    values = {name: value for name, value in given.items() if value is not None}
    with answering(as_json=as_json), opened(mappings, home) as project:
        made = partner_acts.convert_lead(project, lead, actor, values if opportunity else None)
    more = f", opportunity {made.opportunity_id}" if made.opportunity_id else ""
    done(f"the lead {lead} became account {made.account_id}, contact {made.contact_id}{more}", asdict(made), as_json=as_json)


@app.command()
def create(values: Set = None, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Bring in a lead that a partner found itself; it is the partner's, and given to nobody else.

    Example: `centri lead create --set last_name=Petit --set company="Nouvelle Banque" --as celine@castell.example`

    Fields: first_name, last_name, company, email, phone_e164, country_code and others of a lead; product_interest with commas.
    """
    from centri.engine import partner_acts
    from centri.errors import ConfigError

    if not actor:
        raise ConfigError("say whose lead it is: --as EMAIL")
    given: dict[str, Any] = dict(entered(values))
    if given.get("product_interest"):
        given["product_interest"] = [part.strip() for part in given["product_interest"].split(",")]
    with answering(as_json=as_json), opened(mappings, home) as project:
        made = partner_acts.create_lead(project, actor, given)
    done(f"the lead is {made}", {"lead": made}, as_json=as_json)


@app.command()
def extend(
    lead: Lead,
    until: Annotated[str, typer.Option("--until", help="The new deadline, as 2026-03-06T09:00Z.")],
    actor: As = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Move the deadline that is running: to accept, or to show that the lead is worked on.

    Example: `centri lead extend 4711 --until 2026-03-06T09:00Z --as dana@vantage.example`
    """
    from centri.engine import distribution_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        distribution_acts.extend(project, lead, moment("--until", until), actor)
    done(f"the deadline of the lead {lead} is {until}", {}, as_json=as_json)


@app.command()
def withdraw(
    lead: Lead, reason: Reason = "", actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None
) -> None:
    """Take a lead back from whoever holds it or is asked, and give it anew.

    Example: `centri lead withdraw 4711 --reason "no activity" --as dana@vantage.example`
    """
    from centri.engine import distribution_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        distribution_acts.withdraw(project, lead, reason, actor)
        _again(project, lead)
    done(f"the lead {lead} is taken back", {}, as_json=as_json)


@app.command()
def clear(
    lead: Lead,
    partner: Annotated[str, typer.Option("--partner", help="A partner, by name or id.")],
    actor: As = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Let a partner that is excluded from a lead be asked about it again.

    Example: `centri lead clear 4711 --partner "Alpine Resellers" --as dana@vantage.example`
    """
    from centri.engine import distribution_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        distribution_acts.clear_exclusion(project, lead, partner, actor)
    done(f"{partner} may be asked about the lead {lead} again", {}, as_json=as_json)


@app.command()
def qualify(lead: Lead, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Find a lead good enough for a partner: the rules are asked again.

    Example: `centri lead qualify 4711 --as ines@vantage.example`
    """
    from centri.engine import distribution_acts

    with answering(as_json=as_json), opened(mappings, home) as project:
        distribution_acts.qualify(project, lead, actor)
        _again(project, lead)
    done(f"the lead {lead} is qualified", {}, as_json=as_json)


def _again(project: "Project", lead: str) -> None:
    """A lead that came free is routed at once, where there are rules."""
    from centri.engine.routing import route_leads

    if project.mapping.routing.rule_sets:
        route_leads(project, [lead])


def _is_partner(project: "Project", actor: str | None) -> bool:
    from centri.engine.acts import person
    from centri.store.database import read

    with read(project.engine) as conn:
        return bool(actor and person(conn, actor)[0])
