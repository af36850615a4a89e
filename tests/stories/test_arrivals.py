"""What the CRM tells arrives once: our own writes are no news, equal stamps and late rows are not lost, a crash costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from story_world import PARTNERS, T0, World

from centri.engine import pull as pulling

LEAD = {"company": "Umbrella Health", "status": "new", "distribute": True}


class Crash(BaseException):
    """The process dies here."""


def cursor(world: World) -> tuple[Any, str] | None:
    found = world.prm("sync_cursor", object=world.crm.objects["lead"])
    return (found[0]["stamp"], found[0]["crm_id"]) if found else None


def test_our_own_write_comes_back_and_is_no_news(world: World) -> None:
    partner = world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
    world.sync()
    world.at(minutes=10)
    lead = world.dana_creates("lead", **LEAD, last_name="Wong", partner=partner)
    world.sync()
    assert world.crm_row("lead", lead)["distribution_status"] == "offered", "we have written it"
    (stamped,) = [row[world.crm.modified] for row in world.dana.rows(world.crm.objects["lead"])]
    before = world.prm_row("lead")
    world.at(minutes=15)
    world.forget_calls()
    done = world.sync().tally("lead")
    assert (done.read, done.unchanged, done.to_prm, done.to_crm, done.created) == (1, 1, 0, 0, 0)
    assert world.written() == []
    assert world.prm_row("lead") == before
    assert [row[world.crm.modified] for row in world.dana.rows(world.crm.objects["lead"])] == [stamped]


def dying_at_page(nth: int, stage: Callable[..., Any]) -> Callable[..., Any]:
    """Staging that dies before its nth page is committed."""
    pages = iter(range(1, 1000))

    def staged(*given: Any) -> Any:
        if next(pages) == nth:
            raise Crash
        return stage(*given)

    return staged


def test_250_leads_of_one_stamp_arrive_once_each_through_a_crash_between_pages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.restarted(page_size=100)
    world.sync()
    world.at(minutes=10)
    made = world.dana_creates_many("lead", ({**LEAD, "last_name": f"Lead {n}"} for n in range(250)))
    with monkeypatch.context() as patched:
        patched.setattr(pulling, "_stage", dying_at_page(2, pulling._stage))
        with pytest.raises(Crash):
            pulling.pull(world.project, world.crm.name, world.crm.objects["lead"])
    first, behind = sorted(made)[:100], cursor(world)
    assert sorted(row["crm_id"] for row in world.prm("sync_staging", entity="lead")) == first
    assert behind is not None
    assert behind[1] == first[-1], "the cursor stands behind what is staged, and not a record further"
    world.at(minutes=15)
    world.restarted()
    world.sync()
    assert cursor(world) == (behind[0], max(made))
    assert sorted(link["crm_id"] for link in world.links(entity="lead")) == sorted(made)
    assert sorted(row["last_name"] for row in world.prm("lead")) == sorted(f"Lead {n}" for n in range(250))
    world.rests()


def test_a_row_that_shows_late_with_an_older_stamp_is_picked_up(world: World) -> None:
    world.sync()
    world.at(seconds=60)
    (late,) = world.dana_creates_many("lead", [{**LEAD, "last_name": "Late"}], late_seconds=4)
    world.at(seconds=62)
    world.dana_creates("lead", **LEAD, last_name="Early")
    world.at(seconds=63)
    world.sync()
    assert [row["last_name"] for row in world.prm("lead")] == ["Early"]
    seen = cursor(world)
    assert seen is not None
    assert (seen[0] - T0).total_seconds() == 62, "the cursor has passed the late row's stamp"
    world.at(seconds=70)
    world.sync()
    assert sorted(row["last_name"] for row in world.prm("lead")) == ["Early", "Late"]
    assert [link["crm_id"] for link in world.links(entity="lead", crm_id=late)] == [late]
    world.rests()


def test_a_lead_that_cannot_be_made_stays_owed_and_its_neighbours_arrive(world: World) -> None:
    """In SugarCRM a phone number is whatever somebody typed; a lead without any name or address is nobody."""
    world.sync()
    world.at(minutes=10)
    world.dana_creates_many("lead", ({**LEAD, "last_name": f"Lead {n}", "country": c} for n, c in enumerate(COUNTRIES)))
    world.sync()
    arrived = {row["last_name"]: row["country_code"] for row in world.prm("lead")}
    assert arrived == {"Lead 0": "DE", "Lead 1": None, "Lead 2": "FR"}
    held = world.prm("sync_anomaly", state="open", field="country_code")
    assert [(row["kind"], row["stage"]) for row in held] == [("type_mismatch", "settle")]
    (wrong,) = [row["id"] for row in world.in_crm("lead") if row["last_name"] == "Lead 1"]
    assert held[0]["crm_id"] == wrong
    world.at(minutes=20)
    world.dana_sets("lead", wrong, country="Norway")
    world.sync()
    assert world.prm_row("lead", last_name="Lead 1")["country_code"] == "NO"
    assert world.anomalies() == []


COUNTRIES = ("Germany", "Atlantis", "France")
