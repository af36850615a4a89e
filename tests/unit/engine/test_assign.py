"""Leads go to the partners that were named for them, many at a time."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from centri.engine.assign import assign


@pytest.fixture
def leads(world):
    """Makes leads for partners, by whether the partner takes any; answers their ids."""

    def made(*taking):
        partners = {takes: world.insert("partner_account", name=f"Partner {takes}", accepts_leads=takes) for takes in set(taking)}
        return [
            world.insert("lead", last_name=f"Lead {n}", state="ready", target_partner_id=partners[takes])
            for n, takes in enumerate(taking)
        ]

    return made


def test_each_is_offered_to_its_partner(world, leads):
    ids = leads(*[True] * 5)
    assert assign(world.project) == 5
    assert {row["id"]: row["state"] for row in world.rows("lead")} == dict.fromkeys(ids, "assigned")
    assert assign(world.project) == 0


def test_those_that_cannot_be_given_do_not_stand_in_the_way_of_the_others(world, leads):
    leads(False, False, False, True)
    world.project.settings = replace(world.project.settings, chunk_size=2)
    assert assign(world.project) == 1
    assert sorted(row["state"] for row in world.rows("lead")) == ["assigned", "ready", "ready", "ready"]
    assert world.anomalies() == [("not_assignable", "")] * 3


def test_a_chunk_costs_the_same_few_statements_however_many_it_holds(world, leads):
    statements, counts = [], []
    event.listen(world.project.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    for many in (2, 40):
        leads(*[True] * many)
        statements.clear()
        assert assign(world.project) == many
        counts.append(len(statements))
    assert counts[0] == counts[1], statements
