"""What a run shows of itself. The names of numbers are kept: Dagster plots them over time by name."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from centri.engine.parcels import Pushed
from centri.engine.pull import Pulled
from centri.engine.settle import Settled
from centri.records import Cursor
from centri.sync.explain import explain
from centri.sync.plan import Counts

_LINES = 60


def of_pull(report: Pulled) -> dict[str, Any]:
    staged = report.read.total()
    return {
        "pulled": staged,
        "filtered": report.filtered,
        "pages": report.pages,
        "api_calls": report.api_calls,
        **_pace(staged + report.filtered, report.seconds),
        "cursor_before": _cursor(report.cursor_before),
        "cursor_after": _cursor(report.cursor_after),
        **({"schema": dg.MetadataValue.json(drift)} if report.look and (drift := report.look.counters) else {}),
    }


def of_settle(report: Settled) -> dict[str, Any]:
    """The entity's own counts; parents that newborn records take along show in the plan."""
    counts = report.counts.get(report.entity, Counts())
    return {
        "settled": counts.read,
        "unchanged": counts.unchanged,
        "to_prm": counts.to_prm,
        "to_crm": counts.to_crm,
        "new": counts.created,
        "held": counts.held,
        "waiting": counts.waiting,
        **_pace(counts.read, report.seconds),
        **({"suspended": report.suspended} if report.suspended else {}),
        "plan": dg.MetadataValue.md(_plan(report)),
    }


def of_push(report: Pushed) -> dict[str, Any]:
    written = report.written.total()
    return {
        "to_crm": written,
        "new": report.created.total(),
        "held": report.rejected,
        "moved": report.moved,
        "later": report.later,
        "waiting": report.waiting,
        "read_only": report.read_only,
        "api_calls": report.api_calls,
        **_pace(written, report.seconds),
    }


def _pace(records: int, seconds: float) -> Mapping[str, float]:
    return {"seconds": round(seconds, 3), "records_per_second": round(records / seconds, 1) if seconds else 0.0}


def _cursor(cursor: Cursor | None) -> str:
    return f"{cursor.stamp:%Y-%m-%dT%H:%M:%SZ} {cursor.id}".strip() if cursor else "the beginning"


def _plan(report: Settled) -> str:
    """The first lines of what was decided, as it would be printed."""
    lines = "\n".join(explain(plan) for plan in report.plans).splitlines()
    more = [f"... and {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
    return "\n".join(["```", *lines[:_LINES], *more, "```"]) if lines else "Nothing changed."
