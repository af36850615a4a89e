"""X23: what went wrong behind the engine's back is found, and whichever CRM's id one asks by, it is the same partner."""

from __future__ import annotations

import pytest
from databases import unheard
from sqlalchemy import update
from story_world import PARTNERS, World

from centri.engine.reconcile import reconcile
from centri.engine.swept import Finding, Swept
from centri.engine.trace import trace
from centri.store import prm
from centri.store.database import write


def swept(world: World, *, repair: bool = False) -> tuple[list[Finding], dict[tuple[str, str], Swept]]:
    """What a sweep of the whole CRM finds, and the reports by object and entity."""
    found: list[Finding] = []
    reports = reconcile(world.project, world.crm.name, repair=repair, told=found.append)
    assert [str(r.failure) for r in reports if r.failure] == []
    return found, {(r.object, entity): r for r in reports for entity in r.tallies}


def behind_the_engine(world: World, entity: str, prm_id: str, **values: str) -> None:
    """Somebody edits a PRM row with the triggers off."""
    table = prm.ENTITIES[entity]
    with write(world.project.engine) as conn:
        unheard(conn, update(table).where(table.c.id == prm_id).values(values))


def rested(world: World) -> dict[str, str]:
    """A partner, two accounts and a contact in step; answers the CRM's ids."""
    ids = {"partner": world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])}
    for name in ("Umbrella", "Globex"):
        ids[name] = world.dana_creates("account", name=name, type="prospect", website=f"{name.lower()}.example")
    world.dana_creates("contact", last_name="Wong", email="wong@umbrella.example", account=ids["Umbrella"])
    world.sync()
    world.at(hours=1)
    world.dana_creates("account", name="Later", type="prospect")
    for _ in range(2):
        world.sync()
    return ids


@pytest.mark.parametrize("store_url", ["sqlite", "postgresql"], indirect=True)
def test_x23_an_edit_behind_the_engines_back(world: World) -> None:
    ids = rested(world)
    found, reports = swept(world)
    assert found == []
    behind_the_engine(world, "account", world.prm_row("account", name="Globex")["id"], website="https://globex.invalid")
    world.sync()
    (finding,), reports = swept(world)
    assert (finding.kind, finding.crm_id) == ("differs", ids["Globex"])
    (field,) = finding.fields
    assert (field.field, field.prm, field.moved) == ("website", "https://globex.invalid", "PRM")
    assert "globex.example" in field.crm
    counted = {key: (t.in_crm, t.linked, t.in_prm) for key, r in reports.items() for e, t in r.tallies.items() if e == key[1]}
    assert [key for key, counts in counted.items() if len(set(counts)) > 1] == []
    assert counted[world.crm.objects["contact"], "contact"] == (1, 1, 1)
    swept(world, repair=True)
    world.sync()
    world.sync()
    assert swept(world)[0] == []
    world.rests()


def test_a_deletion_that_the_feed_told_is_told_once_and_deletes_nothing(world: World) -> None:
    ids = rested(world)
    world.dana.delete(world.crm.objects["account"], ids["Globex"])
    world.sync()
    assert world.anomalies() == ["deleted_remote"]
    assert swept(world)[0] == []
    assert world.prm_row("account", name="Globex")["deleted_at"] is None


def test_x23_the_crms_id_of_a_partner_leads_to_its_partner_account(world: World) -> None:
    crm_id = rested(world)["partner"]
    partner = world.prm_row("partner_account")["id"]
    for name in (world.crm.objects["account"], "partner_account"):
        for id in (crm_id, partner):
            links = trace(world.project, world.crm.name, name, id).links
            assert [(k["crm_id"], k["prm_id"]) for k in links if k["entity"] == "partner_account"] == [(crm_id, partner)]
