"""What is asserted of each step in passing: a warning asks somebody to look, an error says that data does not flow."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import dagster as dg

from centri.engine.drift import Look
from centri.engine.health import Health
from centri.errors import TooMany
from centri.sync.budget import Allowance

FRESH, SCHEMA, CALLS = "fresh", "schema_unchanged", "calls_left"
TAKEN, FEW_HELD, REFERENCES = "plan_taken", "few_held", "references_found"

SOME, MANY = 0.05, 0.5
"""The share of an entity's records that may be set aside before somebody should look, and before it is a failure."""

_WARN, _ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
_UNFOUND = ("reference_missing", "owner_unmapped", "no_home")

_OF_PULLS = {
    FRESH: "The object was read to its end not longer ago than the mapping's `alerts: {stale_minutes: ...}` says.",
    SCHEMA: "Every field that the mapping names is in the CRM as it was. An error: an entity cannot be followed any more.",
    CALLS: "Fewer of the day's API calls are used than `alerts: {budget: ...}` says. An error: all are used.",
}
_OF_SETTLINGS = {
    TAKEN: "The plan was not refused for changing too many linked records at once.",
    FEW_HELD: f"Less than {SOME:.0%} of the records are set aside for a person. An error: {MANY:.0%} or more.",
    REFERENCES: "Every record that another one refers to is there, and every owner is known.",
}


def of_pulls(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    return [dg.AssetCheckSpec(name, asset=key, description=says) for name, says in _OF_PULLS.items()]


def of_settlings(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    return [dg.AssetCheckSpec(name, asset=key, description=says) for name, says in _OF_SETTLINGS.items()]


def pulled(look: Look | None, allowance: Allowance | None, most_used: float) -> Iterator[dg.AssetCheckResult]:
    """What a pull that came to its end says. ``most_used`` is a share of the calls."""
    yield dg.AssetCheckResult(check_name=FRESH, passed=True)
    yield _schema(look)
    yield _calls(allowance, most_used)


def stale(asset: dg.AssetKey, read_at: datetime, after: timedelta) -> dg.AssetCheckEvaluation:
    """What is said of an object that was not read to its end for too long."""
    told: dict[str, Any] = {
        "read_at": dg.MetadataValue.timestamp(read_at),
        "minutes_allowed": after.total_seconds() / 60,
        "what_to_do": dg.MetadataValue.md("`centri status`"),
    }
    return dg.AssetCheckEvaluation(asset_key=asset, check_name=FRESH, passed=False, severity=_ERROR, metadata=told)


def settled(found: Health, suspended: str) -> Iterator[dg.AssetCheckResult]:
    """What a settling that came to its end says."""
    yield dg.AssetCheckResult(check_name=TAKEN, passed=True)
    yield from _standing(found, suspended)


def refused(error: TooMany, found: Health) -> Iterator[dg.AssetCheckResult]:
    """What is said of an entity whose plan was not taken."""
    yield dg.AssetCheckResult(check_name=TAKEN, passed=False, severity=_ERROR, metadata={"why": str(error)})
    yield from _standing(found, "")


def _standing(found: Health, suspended: str) -> Iterator[dg.AssetCheckResult]:
    yield _few_held(found, suspended)
    lost = {kind: found.kinds[kind] for kind in _UNFOUND if kind in found.kinds}
    yield dg.AssetCheckResult(
        check_name=REFERENCES, passed=not lost, severity=_WARN,
        metadata=lost | ({"what_to_do": dg.MetadataValue.md("`centri anomalies list --open`")} if lost else {}),
    )  # fmt: skip


def _schema(look: Look | None) -> dg.AssetCheckResult:
    found = look.counters if look else {}
    severity = _ERROR if found.get("suspended") else _WARN
    told = {"schema": dg.MetadataValue.json(found), "what_to_do": dg.MetadataValue.md("adapt the mapping, then `centri check`")}
    wrong = bool(found.get("left_out") or found.get("suspended"))
    return dg.AssetCheckResult(check_name=SCHEMA, passed=not wrong, severity=severity, metadata=told if found else {})


def _calls(allowance: Allowance | None, most_used: float) -> dg.AssetCheckResult:
    if allowance is None:
        return dg.AssetCheckResult(check_name=CALLS, passed=True, metadata={"limit": "no limit is known"})
    facts = {"limit": allowance.limit, "used": allowance.used, "left": allowance.left}
    few = allowance.used >= most_used * allowance.limit
    severity = _WARN if allowance.left else _ERROR
    told = {"what_to_do": dg.MetadataValue.md("`centri connections`")} if few else {}
    return dg.AssetCheckResult(check_name=CALLS, passed=not few, severity=severity, metadata={**facts, **told})


def _few_held(found: Health, suspended: str) -> dg.AssetCheckResult:
    few = found.share < SOME and not suspended
    severity = _ERROR if found.share >= MANY or suspended else _WARN
    facts = {"share": round(found.share, 4), "held": found.held, "linked": found.linked}
    why = {"suspended": suspended} if suspended else {}
    return dg.AssetCheckResult(check_name=FEW_HELD, passed=few, severity=severity, metadata={**facts, **why})
