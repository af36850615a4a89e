"""What a run shows of itself. The names of numbers are kept: Dagster plots them over time by name."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from centri.anomalies import KINDS
from centri.engine.health import Health
from centri.engine.match_page import markdown
from centri.engine.match_report import Report, report_json
from centri.engine.page import markdown_table
from centri.engine.parcels import Pushed
from centri.engine.pull import Pulled
from centri.engine.remedies import story, subject
from centri.engine.settle import Settled
from centri.records import Cursor
from centri.sync.budget import Allowance
from centri.sync.explain import explain
from centri.sync.plan import Counts

_LINES = 60


def of_pull(report: Pulled, left: Allowance | None) -> dict[str, Any]:
    staged = report.read.total()
    return {
        "pulled": staged,
        "filtered": report.filtered,
        "pages": report.pages,
        "api_calls": report.api_calls,
        **_left(left),
        **_pace(staged + report.filtered, report.seconds),
        "cursor_before": _cursor(report.cursor_before),
        "cursor_after": _cursor(report.cursor_after),
        **({"schema": dg.MetadataValue.json(drift)} if report.look and (drift := report.look.counters) else {}),
    }


def of_settle(report: Settled, found: Health) -> dict[str, Any]:
    """The entity's own counts, and what is set aside of it; parents that newborn records take along show in the plan."""
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
        "linked": found.linked,
        "open": found.held,
        **({"set_aside": dg.MetadataValue.md(set_aside(found.latest, found.held))} if found.latest else {}),
        "plan": dg.MetadataValue.md(_plan(report)),
    }


def of_push(report: Pushed, left: Allowance | None) -> dict[str, Any]:
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
        **_left(left),
        **_pace(written, report.seconds),
    }


def of_match_report(report: Report) -> dict[str, Any]:
    """How good matching is on labelled leads; the pictures are in the text."""
    told = report.measures
    return {
        "leads": told.leads,
        "accounts": report.accounts,
        "best_f1": round(told.best.f1, 4),
        "precision": round(told.at.precision, 4),
        "recall": round(told.at.recall, 4),
        "recall_at_precision_99": round(told.recall_at[0.99], 4),
        "calibration_error": round(told.calibration_error, 4),
        "report": dg.MetadataValue.md(markdown(report)),
        "worst_errors": dg.MetadataValue.json(report_json(report)["worst_errors"]),
    }


def set_aside(anomalies: Sequence[Mapping[str, Any]], held: int) -> str:
    """A table of anomalies with the commands that tell more; whom they are about is told by ids alone."""
    rows = [
        (a["id"], subject(a), a["field"], title(a["kind"]), f"{a['first_seen']:%Y-%m-%d %H:%M}", f"`{story(a)}`")
        for a in anomalies
    ]
    more = f"{held:,} are set aside, the latest are shown; all, with what was said of each: `centri anomalies list --open`"
    return f"{markdown_table(('id', 'what', 'field', 'why', 'since (UTC)', 'its story'), rows)}\n\n{more}"


def title(kind: str) -> str:
    """What a kind of anomaly is called, with what to do about it."""
    return f"{KINDS[kind].title}: {KINDS[kind].remedy}" if kind in KINDS else kind


def _left(allowance: Allowance | None) -> Mapping[str, int]:
    return {"api_calls_left": allowance.left} if allowance else {}


def _pace(records: int, seconds: float) -> Mapping[str, float]:
    return {"seconds": round(seconds, 3), "records_per_second": round(records / seconds, 1) if seconds else 0.0}


def _cursor(cursor: Cursor | None) -> str:
    return f"{cursor.stamp:%Y-%m-%dT%H:%M:%SZ} {cursor.id}".strip() if cursor else "the beginning"


def _plan(report: Settled) -> str:
    """The first lines of what was decided, as it would be printed."""
    lines = "\n".join(explain(plan) for plan in report.plans).splitlines()
    more = [f"... and {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
    return "\n".join(["```", *lines[:_LINES], *more, "```"]) if lines else "Nothing changed."
