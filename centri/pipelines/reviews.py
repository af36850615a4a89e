"""What waits for a person, as assets with tables: anomalies, conflicts, matches to decide, with the commands to copy.

People are told of by ids, companies by name: what is personal is for the commands to show.
"""

from typing import Any

import dagster as dg

from centri.engine.charts import Bar, bars
from centri.engine.held import Held, held
from centri.engine.pace import pace
from centri.engine.page import image, markdown_table
from centri.engine.project import Project
from centri.mappings.personal import Kind, of_prm
from centri.pipelines.automation import schedules_are
from centri.pipelines.metadata import set_aside, title
from centri.pipelines.resources import Watch
from centri.pipelines.translator import OWNER
from centri.settings import Settings
from centri.store import findings, lead_matches
from centri.store.database import read

GROUP, JOB = "reviews", "reviews"
EVERY = 15
"""Minutes between two makings."""

SHOWN = 100

Made = dg.MaterializeResult[None]


def _spec(name: str, description: str) -> dg.AssetSpec:
    key = dg.AssetKey(["review", name])
    return dg.AssetSpec(key, group_name=GROUP, owners=[OWNER], kinds={"python"}, description=description)


_ANOMALIES = _spec("anomalies", "What was set aside and why, by kind, and the latest one by one, each with what to type next.")
_CONFLICTS = _spec("conflicts", "Fields that both sides changed and that wait for a person, each with the two ways out.")
_MATCHES = _spec("match_reviews", "Leads whose company a person must decide on, and how sure matching is of all.")
_PACE = _spec("pace", "How fast records came in the last day, and how old they were when they did.")


@dg.multi_asset(specs=[_ANOMALIES], name="anomalies")
def _anomalies(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Made:
    with watch.step(GROUP, "anomalies"), read(project.engine) as conn:
        counts = findings.counts(conn)
        latest = [row for row in findings.listed(conn, most=SHOWN) if row["severity"] != "info"]
    kinds = markdown_table(
        ("connection", "kind", "open", "what to do"), ((c or "", f"`{k}`", f"{n:,}", title(k)) for (c, k), n in counts.items())
    )
    shown = f"{kinds}\n\n{set_aside(latest, sum(counts.values()))}" if counts else "Nothing is set aside."
    numbers = {"open": sum(counts.values()), "kinds": len({kind for _, kind in counts})}
    return Made(metadata={**numbers, "anomalies": dg.MetadataValue.md(shown)})


@dg.multi_asset(specs=[_CONFLICTS], name="conflicts")
def _conflicts(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Made:
    with watch.step(GROUP, "conflicts"):
        found = held(project.engine)
    rows = [_conflict(each) for each in found[:SHOWN]]
    heads = ("record", "field", "CRM", "PRM", "policy", "since (UTC)", "take the CRM's", "take the PRM's")
    shown = markdown_table(heads, rows) if rows else "Nothing is in conflict."
    return Made(metadata={"open": len(found), "conflicts": dg.MetadataValue.md(shown)})


@dg.multi_asset(specs=[_MATCHES], name="match_reviews")
def _match_reviews(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Made:
    with watch.step(GROUP, "match reviews"), read(project.engine) as conn:
        waiting, scores = lead_matches.reviews(conn), lead_matches.scores(conn)
        rows = lead_matches.reviewed(conn, SHOWN)
    shown = markdown_table(
        ("lead", "company", "best candidate", "probability", "because", "all that speaks for whom"),
        (
            (r["id"], r["company"], r["account"] or r["candidate"], f"{r['score'] or 0:.2f}", r["because"],
             _code(f"centri match explain {r['id']}"))
            for r in rows
        ),
    )  # fmt: skip
    told = f"To decide one after the other: `centri match review`\n\n{shown}" if rows else "No lead waits to be decided on."
    drawn = bars("Leads by how sure their match is", [_bar(part, scores) for part in range(_PARTS)])
    picture = f"{image('Leads by how sure their match is', drawn)}\n\n" if scores else ""
    return Made(metadata={"waiting": waiting, "matched": sum(scores.values()), "reviews": dg.MetadataValue.md(picture + told)})


@dg.multi_asset(specs=[_PACE], name="pace")
def _paced(project: dg.ResourceParam[Project], watch: dg.ResourceParam[Watch]) -> Made:
    with watch.step(GROUP, "pace"):
        found = pace(project)
    pictures = "\n\n".join(image(name, drawn) for name, drawn in found.pictures())
    return Made(metadata={"records": found.records(), "lag_seconds": found.lag(), "pace": dg.MetadataValue.md(pictures)})


def review_assets() -> list[dg.AssetsDefinition]:
    return [_anomalies, _conflicts, _match_reviews, _paced]


def review_job() -> Any:
    says = "Show what waits for a person, and the pace of it all."
    return dg.define_asset_job(JOB, selection=dg.AssetSelection.assets(*review_assets()), description=says)


def review_schedule(job: Any, settings: Settings) -> dg.ScheduleDefinition:
    cron = f"*/{EVERY} * * * *"
    return dg.ScheduleDefinition(job=job, cron_schedule=cron, execution_timezone="UTC", default_status=schedules_are(settings))


def _code(command: str) -> str:
    return f"`{command}`"


def _conflict(held: Held) -> tuple[str, ...]:
    record, since = f"{held.connection} {held.entity} {held.prm_id}", f"{held.since:%Y-%m-%d %H:%M}"
    return (record, held.field, *_sides(held), held.policy, since, *map(_code, held.resolve))


def _sides(conflict: Held) -> tuple[str, str]:
    """What both sides hold, unless it tells about a person."""
    if of_prm(conflict.entity, conflict.field) > Kind.COMPANY:
        return "(personal)", "(personal)"
    return f"{conflict.crm}", f"{conflict.prm}"


_PARTS = 10


def _bar(part: int, scores: dict[tuple[str, int], int]) -> Bar:
    said = {verdict: number for (verdict, at), number in scores.items() if at == part}
    total = sum(said.values())
    shown = f"{total:,}" + (f" ({said['review']:,} to decide)" if said.get("review") else "")
    return Bar(f"{part / _PARTS:.1f} to {(part + 1) / _PARTS:.1f}", total, shown)
