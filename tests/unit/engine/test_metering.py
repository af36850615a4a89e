"""Calls are counted by purpose, and one budget for each CRM stops them in the order of their urgency."""

import dataclasses
from collections import deque
from contextlib import suppress
from datetime import timedelta

import pytest
from test_births import opportunity, partner_in
from two_crms import QUIET, World

from centri.connectors.base import PullRequest
from centri.connectors.memory import MemoryConnector
from centri.engine.connections import listed
from centri.engine.pull import pull
from centri.engine.push import push
from centri.engine.settle import settle
from centri.errors import RetryLater
from centri.store import calls, staging
from centri.store.database import read
from centri.sync.budget import Allowance, Purpose

PULL, PUSH, RETRIES = Purpose.INCREMENTAL_PULL, Purpose.PARTNER_PUSH, Purpose.RETRIES


class Telling(MemoryConnector):
    """Tells with every answer how many of its daily calls everybody has used."""

    limit, others = 1000, 0

    @property
    def allowance(self) -> Allowance | None:
        return Allowance(self.limit, self.others + self.calls, everybody=True) if self.calls else None


def limited(world_with, calls_per_day: int, reserve: str = "10%") -> World:
    budget = f"{{calls_per_day: {calls_per_day}, reserve: {reserve}}}"
    return world_with(("east: {type: memory}", f"east: {{type: memory, budget: {budget}}}"))


def in_small_pages(world: World) -> World:
    world.settings = dataclasses.replace(world.settings, page_size=2)
    world.restarted()
    return world


def today(world: World, connection: str = "east") -> dict[Purpose, int]:
    with read(world.project.engine) as conn:
        return calls.used(conn, now=world.clock()).get(connection, {})


def staged(world: World) -> int:
    with read(world.project.engine) as conn:
        return staging.count_owed(conn, "east", "account")


def people_save(world: World, number: int) -> None:
    for n in range(number):
        world.person_saves("east", "Account", Name=f"Account {n}")


def use_up(world: World, number: int) -> None:
    """Until so many of the day's calls are used."""
    meter = world.project.meter("east")
    meter.connector.calls += number - sum(today(world).values())
    meter.enter(Purpose.BACKFILL)


def ask(world: World, purpose: Purpose = PULL, connection: str = "east") -> None:
    """One call for a purpose."""
    deque(world.project.connector(connection, purpose).pull(PullRequest("Account", ("Name",))), maxlen=0)


# -- counting ----------------------------------------------------------------------------------------------------------------


def test_every_call_is_counted_under_its_purpose(world):
    opportunity(world, partner_in(world, "west"))
    world.sync()
    made = world.project.meter("west").connector.calls
    found = today(world, "west")
    assert set(found) == {PULL, PUSH}
    assert sum(found.values()) == made
    ask(world, Purpose.RECONCILIATION, "west")
    assert today(world, "west")[Purpose.RECONCILIATION] == 1


def test_what_fails_has_cost_its_call_all_the_same(world):
    world.crms["east"].faults.append(RetryLater("east is away"))
    with pytest.raises(RetryLater, match=r"^east is away$"):
        pull(world.project, "east", "Account")
    assert sum(today(world).values()) == world.project.meter("east").connector.calls > 0


def test_deliveries_that_were_tried_before_count_as_retries(world):
    world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync("east")
    world.edit("account", world.row("account")["id"], city="Bonn")
    settle(world.project, "east", "account")
    world.crms["east"].faults.append(RetryLater("busy"))
    for calls_made in ({PUSH: 1}, {PUSH: 1, RETRIES: 1}):
        push(world.project, "east", "Account")
        world.clock.forward(hours=2)
        assert {purpose: n for purpose, n in today(world).items() if purpose is not PULL} == calls_made
    assert {d["state"] for d in world.deliveries()} == {"done"}


# -- the mapping's own limit -------------------------------------------------------------------------------------------------


def test_a_pull_stops_between_pages_keeps_what_it_has_and_goes_on_the_next_day(world_with):
    world = in_small_pages(limited(world_with, 5, "0%"))
    people_save(world, 12)
    words = (
        r"^east: 5 of the 5 API calls that the mapping allows in a day are used, and incremental pull stops at 5;"
        r" it goes on at 2026-03-03 00:00 UTC$"
    )
    with pytest.raises(RetryLater, match=words) as refusal:
        pull(world.project, "east", "Account")
    assert refusal.value.daily_limit
    kept = staged(world)
    assert 8 <= kept <= 10
    with pytest.raises(RetryLater, match="east: 5 of the 5 API calls"):
        pull(world.project, "east", "Account")
    assert (staged(world), sum(today(world).values())) == (kept, 5)
    for _ in range(8):
        world.clock.forward(days=1)
        with suppress(RetryLater):
            pull(world.project, "east", "Account")
    assert staged(world) == 12


def test_the_reserve_is_for_what_partners_did(world_with):
    world = limited(world_with, 40, "50%")
    world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync("east")
    world.edit("account", world.row("account")["id"], city="Bonn")
    use_up(world, 20)
    for purpose in (PULL, RETRIES, Purpose.BACKFILL, Purpose.RECONCILIATION):
        with pytest.raises(RetryLater, match=f"20 of the 40.*{purpose.words} stops at"):
            ask(world, purpose)
    ask(world, PUSH)


def test_a_push_that_may_not_spend_leaves_its_deliveries_queued_and_untried(world_with):
    world = limited(world_with, 30)
    world.person_saves("east", "Account", Name="Globex", City="Ulm")
    world.sync("east")
    world.edit("account", world.row("account")["id"], city="Bonn")
    settle(world.project, "east", "account")
    use_up(world, 30)
    done = push(world.project, "east", "Account")
    assert (done.daily_limit, "partner push stops at 30" in done.unreachable) == (True, True)
    assert [(d["state"], d["attempts"]) for d in world.deliveries()] == [("queued", 0)]
    world.clock.forward(days=1)
    world.sync("east")
    assert [row["City"] for row in world.in_crm("east", "Account")] == ["Bonn"]
    assert world.writes() == QUIET


def test_retries_that_must_wait_keep_nothing_else_from_being_sent(world_with):
    world = limited(world_with, 100)
    for name in ("Globex", "Hooli"):
        world.person_saves("east", "Account", Name=name, City="Ulm")
    world.sync("east")
    ids = {row["name"]: row["id"] for row in world.rows("account")}
    world.edit("account", ids["Globex"], city="Bonn")
    settle(world.project, "east", "account")
    world.crms["east"].faults.append(RetryLater("busy"))
    push(world.project, "east", "Account")
    world.edit("account", ids["Hooli"], city="Kiel")
    world.clock.forward(hours=2)
    settle(world.project, "east", "account")
    use_up(world, 85)
    done = push(world.project, "east", "Account")
    assert "retries stops at 81" in done.postponed
    assert (done.unreachable, done.written) == ("", {"account": 1})
    assert {row["Name"]: row["City"] for row in world.in_crm("east", "Account")}["Hooli"] == "Kiel"
    assert sorted(d["state"] for d in world.deliveries()) == ["done", "queued"]
    world.clock.forward(days=1)
    world.sync("east")
    assert {d["state"] for d in world.deliveries()} == {"done"}


# -- the CRM's own limit -----------------------------------------------------------------------------------------------------


def test_the_crms_own_figures_stop_us_too_and_are_asked_for_again_after_an_hour(world):
    crm = Telling("east", world.crms["east"])
    crm.others = 880
    world.project.use("east", crm)
    people_save(world, 3)
    world.project.settings = dataclasses.replace(world.settings, page_size=1)
    crm.others = 898
    with pytest.raises(RetryLater, match=r"of the 1,000 API calls that the CRM allows everybody in 24 hours are used") as refusal:
        pull(world.project, "east", "Account")
    assert refusal.value.daily_limit
    assert f"asked again from {world.clock() + timedelta(hours=1):%Y-%m-%d %H:%M} UTC on" in str(refusal.value)
    (east, _) = listed(world.project)
    assert (east.allowance.limit, east.allowance.used, east.allowance.everybody) == (1000, crm.others + crm.calls, True)
    made = crm.calls
    with pytest.raises(RetryLater):
        pull(world.project, "east", "Account")
    assert crm.calls == made
    crm.others = 0
    world.clock.forward(hours=1)
    pull(world.project, "east", "Account")
    assert staged(world) == 3


def test_figures_that_stay_bad_cost_one_call_an_hour(world):
    crm = Telling("east", world.crms["east"])
    crm.others = 2000
    world.project.use("east", crm)
    people_save(world, 1)
    for _ in range(3):
        world.clock.forward(hours=1)
        before = crm.calls
        for _ in range(3):
            with suppress(RetryLater):
                ask(world)
        assert crm.calls == before + 1


def test_another_processs_calls_count_too(world_with):
    world = limited(world_with, 10, "0%")
    mine = world.project
    for _ in range(5):
        ask(world)
    world.restarted()
    for _ in range(5):
        ask(world)
    with pytest.raises(RetryLater, match="10 of the 10"):
        ask(world)
    assert sum(today(world).values()) == 10
    world.project = mine
    ask(world)  # the other's calls show after the next entry
    with pytest.raises(RetryLater, match="11 of the 10"):
        ask(world)


def test_pages_come_in_order_and_an_interrupted_reader_costs_no_count(world):
    world = in_small_pages(world)
    people_save(world, 6)
    connector = world.project.connector("east")
    pages = connector.pull(PullRequest("Account", ("Name",), page_size=2))
    assert [r.values["Name"] for r in next(pages).records] == ["Account 0", "Account 1"]
    pages.close()
    ask(world)
    assert sum(today(world).values()) == connector.calls
