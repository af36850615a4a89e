"""The process dies in the midst of a push; the next one goes on, and nothing is there twice."""

from __future__ import annotations

from typing import Any

import pytest
from story_world import PARTNERS, World

from centri.connectors.base import PushRequest
from centri.engine import partner_acts

CELINE = "celine@castell.example"
LEAD = {"last_name": "Petit", "company": "Nouvelle Banque SA", "email": "jean.petit@nouvellebanque.example"}
DEAL = {"name": "Nouvelle Banque", "amount": "120000", "currency": "EUR", "close_date": "2026-09-15", "stage": "proposal"}


class Crash(BaseException):
    """The process dies here."""


def dies(world: World, monkeypatch: pytest.MonkeyPatch, *, at: int, written: bool) -> None:
    """At the nth push of this process: before the CRM hears of it, or once it has ``written`` and nobody heard the answer."""
    connector = world.project.meter(world.crm.name).connector
    push, pushes = connector.push, iter(range(1, 100))

    def dying(request: PushRequest) -> Any:
        last = next(pushes) == at
        if last and not written:
            raise Crash
        outcomes = push(request)
        if last:
            raise Crash
        return outcomes

    monkeypatch.setattr(connector, "push", dying)


@pytest.mark.prove
@pytest.mark.parametrize("written", [False, True], ids=["before the CRM has heard", "once the CRM has written"])
@pytest.mark.parametrize("at", [1, 2, 3, 4], ids=["account", "contact", "lead", "note"])
def test_a_push_that_dies_is_taken_up_again_without_doubles(
    world: World, monkeypatch: pytest.MonkeyPatch, at: int, written: bool
) -> None:
    world.dana_creates("account", world.crm.ids["P3"], **PARTNERS["P3"])
    world.sync()
    world.employ("P3")
    lead = partner_acts.create_lead(world.project, CELINE, LEAD)
    partner_acts.add_note(world.project, f"lead/{lead}", CELINE, "Budget confirmed")
    partner_acts.convert_lead(world.project, lead, CELINE, DEAL)
    world.at(minutes=10)
    dies(world, monkeypatch, at=at, written=written)
    with pytest.raises(Crash):
        world.sync()
    owed = [row["state"] for row in world.prm("sync_delivery") if row["state"] not in ("done", "dropped")]
    assert "sending" in owed, "what was on its way is known to have been"
    for hour in (1, 2, 3):
        world.restarted()
        world.at(hours=hour)
        world.sync()
    there = {object: len(world.in_crm(object)) for object in ("account", "contact", "lead", "opportunity", "note")}
    assert there == {"account": 2, "contact": 1, "lead": 1, "opportunity": 0, "note": 1}
    ours = {table: len(world.prm(table)) for table in ("partner_account", "account", "contact", "opportunity", "note")}
    assert ours == {"partner_account": 1, "account": 2, "contact": 1, "opportunity": 1, "note": 1}
    assert {row["state"] for row in world.prm("sync_delivery")} == {"done"}
    world.rests()
