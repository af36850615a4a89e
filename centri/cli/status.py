"""``centri status``: how everything stands."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from centri.cli.connections import budgets, calls_table, document, standing_table
from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, print_json, say, table

if TYPE_CHECKING:
    from centri.engine.status import Status


def status(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Show how far each CRM has been read, what is owed on either side, what is held, what ran last, alerts, and the API calls.

    Examples: `centri status`, `centri status --json`
    """
    with answering(as_json=as_json):
        from centri.engine import status as engine
        from centri.engine.opening import open_store

        chosen = settings(mappings, home)
        store = open_store(chosen)
        try:
            found = engine.status(store, budgets(chosen), now=datetime.now(UTC))
        finally:
            store.dispose()
    if as_json:
        print_json(_as_document(found))
    else:
        _print_status(found)


def _as_document(found: "Status") -> dict[str, Any]:
    from centri.engine.alerts import as_json

    return {
        "ok": True,
        "connections": [document(standing) for standing in found.standings],
        "cursors": found.cursors,
        "staged": _named(found.staged, "connection", "entity"),
        "changed": _named(found.changed, "connection", "entity"),
        "deliveries": _named(found.deliveries, "connection", "object", "state"),
        "anomalies": _named(found.anomalies, "connection", "kind"),
        "runs": found.runs,
        "alerts": [as_json(which, known) for which, known in found.alerts.items()],
        "workers": [{**worker, "seconds_since_beat": found.age(worker["beat_at"])} for worker in found.workers],
        "reviews": found.reviews,
        "backfills": [asdict(known) for known in found.backfills],
        "steps": [{**step, "seconds_since_success": found.age(step["succeeded_at"])} for step in found.steps],
        "lag": [{"connection": c["connection"], "object": c["object"], "seconds": found.age(c["stamp"])} for c in found.cursors],
    }


def _named(counts: Mapping[Any, int], *names: str) -> list[dict[str, Any]]:
    return [{**dict(zip(names, key, strict=True)), "count": number} for key, number in counts.items()]


def _print_status(found: "Status") -> None:
    alerts = ((trouble, subject, known.since, known.why) for (trouble, subject), known in found.alerts.items())
    if found.alerts:
        table("Alerts", ("alert", "connection", "since", "why"), alerts)
        say("what to do: centri alerts list\n")
    standing_table("Connections", found.standings)
    calls_table("\nAPI calls today", found.standings)
    cursors = ((c["connection"], c["object"], c["stamp"], c["crm_id"], found.age(c["stamp"])) for c in found.cursors)
    table("\nRead up to", ("connection", "object", "stamp", "id", "seconds ago"), cursors, numbers=("seconds ago",))
    steps = ((s["connection"], s["name"], found.age(s["succeeded_at"]), s["failures"], s["error"]) for s in found.steps)
    columns = ("connection", "step", "succeeded seconds ago", "failed since", "error")
    table("\nSteps", columns, steps, numbers=columns[2:4])
    owed = [(*key, "of the CRM, to settle", n) for key, n in found.staged.items()]
    owed += [(*key, "of the PRM, to settle", n) for key, n in found.changed.items()]
    owed += [(connection, object, f"delivery {state}", n) for (connection, object, state), n in found.deliveries.items()]
    table("\nOwed and done", ("connection", "what", "state", "count"), owed, numbers=("count",))
    held = ((*key, n) for key, n in found.anomalies.items())
    table("\nOpen anomalies", ("connection", "kind", "count"), held, numbers=("count",))
    if found.reviews:
        say(f"\n{found.reviews:,} leads wait for a person to say whose they are: centri match review")
    _print_workers(found)
    _print_backfills(found)
    runs = ((r["started_at"], r["connection"], r["name"], r["status"], counted(r["counters"])) for r in found.runs)
    table("\nLast runs", ("started", "connection", "step", "status", "counters"), runs)


def _print_workers(found: "Status") -> None:
    heads = ("connection", "process", "sign of life seconds ago", "runs", "doing")
    rows = [(w["connection"], w["holder"], found.age(w["beat_at"]), w["runs"], w["doing"]) for w in found.workers]
    if rows:
        table("\nResident workers", heads, rows, numbers=heads[2:4])


def _print_backfills(found: "Status") -> None:
    heads = ("began", "connection", "entity", "object", "from", "to", "fields", "read up to")
    rows = [
        (b.began_at, b.connection, b.entity, b.object, b.since, b.until, ", ".join(b.fields), b.cursor and b.cursor.stamp)
        for b in found.backfills
    ]
    if rows:
        table("\nBackfills to go on with", heads, rows)


def counted(counters: Mapping[str, Any]) -> str:
    """A run's counters in one line."""
    flat = {f"{k} {name}": n for k, v in counters.items() if isinstance(v, dict) for name, n in v.items()}
    flat |= {k: v for k, v in counters.items() if not isinstance(v, dict)}
    return ", ".join(f"{name} {number}" for name, number in flat.items() if number)
