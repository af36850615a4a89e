"""The CRM's clock runs far ahead of ours, or behind: that is told, nothing is lost, and it is over when they agree."""

from __future__ import annotations

import pytest
from story_world import World

LEAD = {"company": "Umbrella Health", "status": "new", "distribute": True}


@pytest.mark.parametrize("minutes", [9, -9])
def test_a_clock_that_is_off_is_told_until_it_is_right(world: World, minutes: int) -> None:
    world.crm_clock(minutes)
    world.dana_creates("lead", **LEAD, last_name="Wong")
    world.sync()
    (told,) = world.prm("sync_anomaly", state="open", kind="clock_skew")
    way = "ahead of" if minutes > 0 else "behind"
    assert (told["connection"], told["note"]) == (world.crm.name, f"the CRM's clock is 9 minutes {way} ours")
    assert world.anomalies() == ["clock_skew"]
    assert [row["last_name"] for row in world.prm("lead")] == ["Wong"]
    world.at(minutes=30)
    world.dana_creates("lead", **LEAD, last_name="Petit")
    world.sync()
    assert world.anomalies() == []
    assert sorted(row["last_name"] for row in world.prm("lead")) == ["Petit", "Wong"]
    world.rests()
