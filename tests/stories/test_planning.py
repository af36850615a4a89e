"""X16 and the plan: what a sync would do and cost is told beforehand, over the CRM's own API, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest
from story_crms import Crm
from story_world import MAPPINGS, PARTNERS, World

from centri.engine.plan import Planned, planning
from centri.sync.changes import Change

COUNTS = ("read", "unchanged", "to_prm", "to_crm", "created", "held")


def planned(world: World, **given: Any) -> tuple[Planned, list[Change]]:
    """A plan of a process of its own: it knows nothing of what was asked before."""
    world.restarted()
    with planning(world.project, **given) as planner:
        return planner.plan(world.crm.name), list(planner.changes)


def synced(world: World) -> tuple[dict[str, list[int]], int]:
    """What a sync in a process of its own counted, and the calls that the CRM saw of it."""
    world.restarted()
    world.forget_calls()
    done = world.sync()
    return {e: [getattr(t, c) for c in COUNTS] for e, t in done.tallies.items()}, len(world.calls())


def counted(plan: Planned) -> dict[str, list[int]]:
    return {e: [getattr(t, c) for c in COUNTS] for e, t in plan.round.tallies.items()}


def both_at_work(world: World) -> None:
    """New records and edits on both sides."""
    partner = world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
    ids = [world.dana_creates("account", name=f"Customer {n}", type="prospect", website=f"c{n}.example") for n in range(3)]
    lead = {"last_name": "Li", "company": "Lilac", "email": "li@lilac.example", "status": "new"}
    world.dana_creates("lead", **lead, distribute=True, partner=partner)
    world.sync()
    world.at(hours=1)
    world.dana_sets("account", ids[0], website="changed.example")
    world.dana_creates("account", name="Newcomer", type="prospect", website="newcomer.example")
    world.dana_creates("contact", last_name="Wong", email="wong@c1.example", account=ids[1])
    world.employ("P1")
    customer = world.prm_row("account", name="Customer 2")["id"]
    world.edits("clara@alpine.example", "account", customer, website="https://told.example")


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_plan_tells_what_the_sync_then_does_and_how_many_calls_it_makes(world: World) -> None:
    both_at_work(world)
    world.forget_calls()
    crm = {object: world._raw(object) for object in world.crm.objects}
    plan, changes = planned(world)
    assert plan.failure is None
    assert (len(world.calls()), world.written()) == (plan.looking, [])
    assert {object: world._raw(object) for object in world.crm.objects} == crm
    assert {c.action for c in changes} >= {"create in PRM", "update"}
    assert {f.way for c in changes for f in c.fields} >= {"to PRM", "to CRM"}
    assert (counted(plan), plan.doing) == synced(world)


def test_the_first_load_is_planned_too_and_a_sample_is_cheap(world: World) -> None:
    for n in range(12):
        world.dana_creates("account", name=f"Customer {n:02}", type="prospect", website=f"c{n}.example")
    plan, changes = planned(world, sample=5)
    assert (plan.first, len([c for c in changes if c.entity == "account"])) == (True, 5)
    plan, changes = planned(world)
    assert len([c for c in changes if c.entity == "account"]) == 12
    assert (counted(plan), plan.doing) == synced(world)
    world.sync()
    assert planned(world)[0].idle


def test_a_crm_that_is_away_was_not_looked_at(world: World) -> None:
    world.fault(kind="status", status=503, times=50)
    plan, changes = planned(world)
    assert plan.failure is not None
    assert (plan.failure.exit_code, plan.idle, changes) == (2, False, [])
    world.mend()


def test_x16_a_newly_mapped_field_is_told_with_the_records_that_it_stays_blank_on(world: World, crm: Crm) -> None:
    usual = {
        "sugarcrm": "postal_code: {crm: billing_address_postalcode, policy: fill_blanks}",
        "salesforce": "postal_code: {crm: BillingPostalCode, policy: fill_blanks}",
    }[crm.name]
    name = usual.split()[2].rstrip(",")
    world.restarted((f"        {usual}\n", ""))
    both_at_work(world)
    world.sync()
    world.restarted(mappings=MAPPINGS)
    with planning(world.project) as planner:
        plan = planner.plan(crm.name, "account")
    (found,) = [f for f in plan.unfilled if f.entity == "account"]
    assert (found.field, found.crm_field, found.records) == (
        "postal_code",
        name,
        len(world.links(entity="account", state="active")),
    )
