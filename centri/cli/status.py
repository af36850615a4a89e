"""``centri status``: how everything stands."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from centri.cli.connections import budgets, calls_table, document, standing_table
from centri.cli.options import Home, Json, Mappings, settings
from centri.cli.output import answering, print_json, table

if TYPE_CHECKING:
    from centri.engine.status import Status


def status(as_json: Json = False, mappings: Mappings = None, home: Home = None) -> None:
    """Show how far each CRM has been read, what is owed on either side, what is held, what ran last, and the API calls.

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
    return {
        "ok": True,
        "connections": [document(standing) for standing in found.standings],
        "cursors": found.cursors,
        "staged": _named(found.staged, "connection", "entity"),
        "changed": _named(found.changed, "connection", "entity"),
        "deliveries": _named(found.deliveries, "connection", "object", "state"),
        "anomalies": _named(found.anomalies, "connection", "kind"),
        "runs": found.runs,
    }


def _named(counts: Mapping[Any, int], *names: str) -> list[dict[str, Any]]:
    return [{**dict(zip(names, key, strict=True)), "count": number} for key, number in counts.items()]


def _print_status(found: "Status") -> None:
    standing_table("Connections", found.standings)
    calls_table("\nAPI calls today", found.standings)
    cursors = ((c["connection"], c["object"], c["stamp"], c["crm_id"]) for c in found.cursors)
    table("\nRead up to", ("connection", "object", "stamp", "id"), cursors)
    owed = [(*key, "of the CRM, to settle", n) for key, n in found.staged.items()]
    owed += [(*key, "of the PRM, to settle", n) for key, n in found.changed.items()]
    owed += [(connection, object, f"delivery {state}", n) for (connection, object, state), n in found.deliveries.items()]
    table("\nOwed and done", ("connection", "what", "state", "count"), owed, numbers=("count",))
    held = ((*key, n) for key, n in found.anomalies.items())
    table("\nOpen anomalies", ("connection", "kind", "count"), held, numbers=("count",))
    runs = ((r["started_at"], r["connection"], r["name"], r["status"], counted(r["counters"])) for r in found.runs)
    table("\nLast runs", ("started", "connection", "step", "status", "counters"), runs)


def counted(counters: Mapping[str, Any]) -> str:
    """A run's counters in one line."""
    flat = {f"{k} {name}": n for k, v in counters.items() if isinstance(v, dict) for name, n in v.items()}
    flat |= {k: v for k, v in counters.items() if not isinstance(v, dict)}
    return ", ".join(f"{name} {number}" for name, number in flat.items() if number)
