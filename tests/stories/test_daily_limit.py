"""Salesforce's calls for the day run out, in the middle of a pull or of a push: the next day everything arrives, once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from sqlalchemy import update
from story_crms import SALESFORCE, Crm
from story_world import PARTNERS, World

from centri.engine import push as pushing
from centri.engine.pull import pull
from centri.engine.push import push
from centri.engine.settle import settle
from centri.errors import RetryLater
from centri.store.database import write
from centri.store.prm_tables import account

CUSTOMERS = 12


@pytest.fixture(params=[SALESFORCE], ids=lambda crm: crm.name)
def crm(request: pytest.FixtureRequest) -> Crm:
    """SugarCRM knows no limit for a day."""
    return request.param


@pytest.fixture(autouse=True)
def another_day(world: World) -> Iterator[None]:
    yield
    renews(world)


def allows(world: World, more: int) -> None:
    """Salesforce answers so many calls more, and tells so."""
    told = world.project.meter("salesforce").connector.allowance
    world.configure(daily_calls=(told.used if told else 0) + more)


def renews(world: World) -> None:
    world.configure(daily_calls=1_000_000)
    world.mend()


def customers(world: World) -> None:
    for n in range(CUSTOMERS):
        world.at(seconds=n)
        world.dana_creates("account", name=f"Customer {n:02}", type="customer", website=f"customer{n}.example")


def names(world: World, table: str = "account") -> list[str]:
    return sorted(row["name"] for row in world.prm(table) if row["name"].startswith("Customer"))


@pytest.mark.parametrize("told", [True, False], ids=["as its figures tell", "without a warning"])
def test_a_pull_goes_on_the_next_day_where_it_stopped(world: World, told: bool) -> None:
    customers(world)
    world.project.settings = dataclasses.replace(world.project.settings, page_size=2)
    if told:
        allows(world, 5)
    else:
        world.fault(kind="daily_limit", path="/query", nth=3, every=True)
    words = "that the CRM allows everybody in 24 hours are used" if told else "the org's daily API limit is used up"
    with pytest.raises(RetryLater, match=rf"^salesforce: .*{words}.*incremental pull") as refusal:
        pull(world.project, "salesforce", "Account")
    assert refusal.value.daily_limit
    kept = {row["crm_id"] for row in world.prm("sync_staging")}
    assert 0 < len(kept) < CUSTOMERS
    world.forget_calls()
    with pytest.raises(RetryLater):
        pull(world.project, "salesforce", "Account")
    assert len(world.calls()) == (0 if told else 1)
    assert {row["crm_id"] for row in world.prm("sync_staging")} == kept
    renews(world)
    world.at(days=1)
    world.sync()
    assert names(world) == [f"Customer {n:02}" for n in range(CUSTOMERS)]
    assert len(world.links(entity="account")) == CUSTOMERS
    world.rests()


@pytest.mark.parametrize("told", [True, False], ids=["as its figures tell", "without a warning"])
def test_a_push_goes_on_the_next_day_where_it_stopped(world: World, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    customers(world)
    world.dana_creates("account", world.crm.ids["P1"], **PARTNERS["P1"])
    world.sync()
    with write(world.project.engine) as conn:
        conn.execute(update(account).where(account.c.name.like("Customer%")).values(country_code="FR"))
    settle(world.project, "salesforce", "account")
    monkeypatch.setattr(pushing, "BATCH", 4)
    if told:
        allows(world, 6)  # two batches, each a look, a write and a look
    else:
        world.fault(kind="daily_limit", path=world.crm.writes, nth=2, every=True)
    done = push(world.project, "salesforce", "Account")
    assert done.daily_limit
    assert "partner push" in done.unreachable
    told = [row for row in world.in_crm("account") if row["name"].startswith("Customer") and row["country"]]
    assert 0 < len(told) < CUSTOMERS
    states = [row["state"] for row in world.prm("sync_delivery", object="Account")]
    assert sorted(set(states)) == ["done", "queued"]
    assert world.anomalies() == []
    renews(world)
    world.at(days=1)
    world.sync()
    customers_told = [row for row in world.in_crm("account") if row["name"].startswith("Customer")]
    assert [bool(row["country"]) for row in customers_told] == [True] * CUSTOMERS
    assert {row["state"] for row in world.prm("sync_delivery", object="Account")} == {"done"}
    world.rests()
