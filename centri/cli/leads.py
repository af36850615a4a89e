"""``centri lead``: who gets a lead and why, and what people see of leads; ``centri tick``."""

from typing import TYPE_CHECKING, Annotated

import typer

from centri.cli.options import As, Home, Json, Mappings, moment, opened
from centri.cli.output import answering, print_json, say

if TYPE_CHECKING:
    pass

app = typer.Typer(
    help="Leads: routed, offered, accepted, worked on.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Lead = Annotated[str, typer.Argument(metavar="LEAD_ID", help="The lead's id in the PRM.")]


@app.command()
def route(
    leads: Annotated[list[str] | None, typer.Argument(metavar="[LEAD_ID]...", help="Only these.", show_default=False)] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show where each lead would go, and write nothing.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also leads that wait in a queue, though nothing has changed.")
    ] = False,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Route the leads that nobody holds, by the rules of the mapping's `routing:` block.

    Examples: `centri lead route --plan`, `centri lead route`, `centri lead route 4711 --plan`
    """
    from centri.cli.leads_shown import placements, routed
    from centri.engine.lead_views import partner_names
    from centri.engine.routing import route_leads

    with answering(as_json=as_json), opened(mappings, home) as project:
        done, names = route_leads(project, leads, everything=everything, plan=plan), partner_names(project)
    if as_json:
        told = [{"lead": row["id"], **p.decision.as_json(), "outcome": p.as_json()} for row, p in done.placements]
        print_json({"ok": True, "plan": plan, "leads": done.leads, "outcomes": done.outcomes, "placements": told})
        return
    placements(done.placements, names)
    say(routed(done, plan=plan))


@app.command()
def explain(lead: Lead, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Tell why a lead went where it went: every rule that was tried, what decided, and what it shadowed.

    Example: `centri lead explain 4711`
    """
    from centri.cli.leads_shown import explained
    from centri.engine.lead_views import decisions, partner_names, show_lead
    from centri.errors import ConfigError

    with answering(as_json=as_json), opened(mappings, home) as project:
        found, names = decisions(project, lead), partner_names(project)
        if not found:
            show_lead(project, lead)  # says so where there is no such lead
            raise ConfigError(f"the rules were never asked about the lead {lead}; `centri lead route {lead} --plan` asks them")
    if as_json:
        print_json({"ok": True, "decisions": [dict(one) for one in found]})
    else:
        explained(found, names)


@app.command("list")
def list_(
    actor: As = None,
    state: Annotated[list[str] | None, typer.Option("--state", help="Only leads in this state.", show_default=False)] = None,
    most: Annotated[int, typer.Option("--limit", help="At most so many.")] = 100,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """List leads: for a partner's people their own and those on offer, whose contact data is masked.

    Examples: `centri lead list --as clara@alpine.example`, `centri lead list --state ready`
    """
    from centri.cli.leads_shown import listed
    from centri.engine.lead_views import list_leads

    with answering(as_json=as_json), opened(mappings, home) as project:
        found = list_leads(project, actor, state or (), most)
    if as_json:
        print_json({"ok": True, "leads": [{"level": s.level, **s.lead, "assignment": s.assignment} for s in found]})
    else:
        listed(found)


@app.command()
def show(lead: Lead, actor: As = None, as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Show a lead with what was done about it.

    Example: `centri lead show 4711 --as clara@alpine.example`
    """
    from centri.cli.leads_shown import shown
    from centri.engine.lead_views import show_lead

    with answering(as_json=as_json), opened(mappings, home) as project:
        seen = show_lead(project, lead, actor)
    if as_json:
        more = {"activities": list(seen.activities), "notes": list(seen.notes)}
        print_json({"ok": True, "level": seen.level, "lead": seen.lead, "assignment": seen.assignment, **more})
    else:
        shown(seen)


def tick(
    now: Annotated[
        str | None, typer.Option("--now", help="As if it were this time, as 2026-03-06T09:00Z.", show_default=False)
    ] = None,
    as_json: Json = False,
    mappings: Mappings = None,
    home: Home = None,
) -> None:
    """Do what is due: offers lapse, idle leads are pulled back, deadlines are reminded of, what came free is routed anew.

    Examples: `centri tick`, `centri tick --now 2026-03-06T09:00Z`
    """
    from dataclasses import asdict, replace

    from centri.engine.tick import tick as due

    with answering(as_json=as_json), opened(mappings, home) as project:
        at = moment("--now", now) if now else None
        done = due(replace(project, clock=lambda: at) if at else project)
    if as_json:
        print_json({"ok": True, **asdict(done)})
    else:
        ended = f"{done.expired} offers lapsed, {done.pulled_back} leads were pulled back"
        ended += f", {done.deals_expired} deals expired"
        say(f"{ended}, {done.reminded} deadlines were reminded of, {done.routed} leads given anew")
