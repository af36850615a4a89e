"""How leads, and where they go, are shown in a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from centri.cli.output import say, table

if TYPE_CHECKING:
    from centri.engine.lead_views import Seen
    from centri.engine.routing import Routed
    from centri.partners.placement import Placement


Names = Mapping[str, str]
"""What partners are called, by id."""


def placements(found: "Sequence[tuple[Mapping[str, Any], Placement]]", names: Names) -> None:
    """Where each lead goes, by which rule, and what that rule shadowed."""
    rows = [
        (
            _who(row),
            p.decision.rule or "none",
            _where(p, names),
            p.outcome.reason.replace("_", " "),
            ", ".join(p.decision.shadowed),
        )
        for row, p in found
    ]
    if rows:
        table("", ("lead", "rule", "goes to", "why", "shadowed"), rows)


def routed(done: "Routed", *, plan: bool) -> str:
    if not done.leads:
        return "no lead waits to be routed"
    told = ", ".join(f"{count} to {_WORDS.get(aim, aim)}" for aim, count in sorted(done.outcomes.items()))
    return f"{done.leads} leads {'would go' if plan else 'went'}: {told}"


_WORDS = {
    "partner": "a partner",
    "partners": "the partners of a named account",
    "pool": "a pool",
    "queue": "a queue",
    "user": "the vendor's people",
    "stop": "nobody",
}


def explained(found: Sequence[Mapping[str, Any]], names: Names) -> None:
    """Every decision, the latest first."""
    for one in found:
        outcome, trace = one["outcome"], one["trace"]
        say(f"{one['decided_at']:%Y-%m-%d %H:%M} UTC, mapping {(one['mapping_sha'] or '')[:12]}")
        say(f"  business case: {trace.get('business_case') or 'none'}")
        for skipped in trace.get("skipped", ()):
            say(f"  the rules {skipped['rule']} are not for it: {skipped.get('why', '')}")
        for tried in trace.get("tried", ()):
            say(f"  {_mark(tried)} {tried['rule']}{_because(tried)}")
        say(f"  so: {outcome.get('aim')} {_target(outcome, names)}{': ' + outcome['reason'] if outcome.get('reason') else ''}")
        for pool in outcome.get("tried", ()):
            _pool(pool, names)


def _mark(tried: Mapping[str, Any]) -> str:
    return "->" if tried["matched"] else "  (shadowed)" if tried.get("shadowed") else "  "


def _because(tried: Mapping[str, Any]) -> str:
    return f": {tried['why']}" if tried.get("why") else ""


def _target(outcome: Mapping[str, Any], names: Names) -> str:
    whither = outcome.get("pool") or outcome.get("queue") or outcome.get("email") or outcome.get("user") or ""
    partners = ", ".join(names.get(id, id) for id in outcome.get("partners", ()))
    return " ".join(filter(None, (whither, partners)))


def _pool(told: Mapping[str, Any], names: Names) -> None:
    """Who of a pool was looked at. Of many partners only how many there were is stored, in place of who."""
    admitted = told["admitted"]
    say(f"  pool {told['pool']}: {admitted if isinstance(admitted, int) else len(admitted)} admitted")
    for way, ranked in (("offered to", "offered"), ("cut by the limit:", "cut_by_max_offers")):
        for one in told.get(ranked, ()):
            say(f"    {way} {names.get(one['partner'], one['partner'])}, rank {one['rank']}: {one['why']}")
    if besides := told.get("cut_besides"):
        say(f"    cut by the limit: {besides} more")
    if turn := told.get("turn"):
        say(f"    {names.get(turn['partner'], turn['partner']) or 'nobody'}: {turn['why']}")
    for group in ("held_back", "outside"):
        for who, why in told[group].items():
            say(f"    {group.replace('_', ' ')}: {_reason(names.get(who, who), why)}")


def _reason(who: str, why: str | int) -> str:
    """Why somebody has not got it, or for what reason how many have not."""
    if isinstance(why, int):
        return f"{why} {who.replace('_', ' ')}"
    return why if why.startswith(who) else f"{who}: {why}"


def listed(found: "Sequence[Seen]") -> None:
    if not found:
        say("no leads")
        return
    rows = [
        (
            s.lead["id"],
            _who(s.lead),
            s.lead["company"] or "",
            s.lead["state"],
            _state(s),
            _text(s.assignment["accept_by"]) if s.assignment and s.assignment["state"] == "offered" else "",
        )
        for s in found
    ]
    table("", ("lead", "who", "company", "state", "distribution", "accept by"), rows)


def shown(seen: "Seen") -> None:
    rows = [(name.replace("_", " "), _text(value)) for name, value in seen.lead.items() if value not in (None, [], "")]
    table("", ("field", "value"), rows)
    if seen.assignment:
        about = {name: value for name, value in seen.assignment.items() if value is not None and name not in ("id", "lead_id")}
        say("distribution: " + ", ".join(f"{name.replace('_', ' ')} {_text(value)}" for name, value in about.items()))
    for one in seen.activities:
        came = f": {one['outcome']}" if one["outcome"] else ""
        say(f"{one['occurred_at']:%Y-%m-%d %H:%M} {one['kind'].replace('_', ' ')}{came}")
    for one in seen.notes:
        say(f"{one['created_at']:%Y-%m-%d %H:%M} note: {one['subject']}")


def _who(row: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (row["first_name"], row["last_name"]))) or row["company"] or row["id"]


def _where(placement: "Placement", names: Names) -> str:
    outcome = placement.outcome
    name = outcome.pool or outcome.queue or outcome.email or outcome.user or ""
    many = f" ({len(placement.partners)} offers)" if len(placement.partners) > 1 else ""
    return f"{outcome.aim.value} {name or ', '.join(names.get(id, id) for id in placement.partners)}{many}".strip()


def _state(seen: "Seen") -> str:
    return seen.assignment["state"].replace("_", " ") if seen.assignment else ""


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value.strftime("%Y-%m-%d %H:%M") if hasattr(value, "strftime") else str(value)
