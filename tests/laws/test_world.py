"""A whole world: people edit two CRMs and the PRM, the CRMs cut what they are given and fail, and the sync runs in between.

When people stop and nothing fails any more, a few rounds settle everything: both sides agree under the mapping, what is owed is
done or told, a further round writes nothing, nothing is there twice, no field holds a value that nobody wrote, and no edit is
lost. ``CENTRI_WORLDS`` says how many new worlds each of the tests makes. A failure prints a ``@reproduce_failure`` to put above
``TheWorld``, which makes the same world again; with ``CENTRI_SHRINK=1`` it is cut down to what matters.
"""

import os
import sys
from pathlib import Path
from unittest import TestCase

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "engine"))
sys.path.insert(0, str(Path(__file__).parent / "world"))
from faults import Faults
from oracle import Oracle
from people import CRM, CRM_FIELDS, PICK, PRM_FIELDS, a_value
from scene import Habits, Scene
from two_crms import QUIET

WORLDS = int(os.environ.get("CENTRI_WORLDS", "0"))
ROUNDS = 9
"""So many rounds, hours apart, settle everything."""
ENOUGH = 10
"""So many acts of people are worth a calm."""


class TheWorld(Faults, RuleBasedStateMachine):
    """People, failures, and a sync; now and then, and at the end, everything comes to rest and is looked at."""

    scene: Scene
    rested = 0

    @initialize(page=st.sampled_from([1, 2, 3, 50]), chunk=st.sampled_from([1, 3, 50]))
    def begin(self, page, chunk):
        self.scene = Scene(Habits(page, chunk))
        self.oracle = Oracle(self.scene)
        for crm in ("east", "west"):
            site = f"partner-{crm}.example"
            self.scene.saves(crm, "Account", f"partner-{crm}", Name=f"Partner {crm}", Kind="Partner", Website=site)
        self.scene.run()
        for crm, mail in (("east", "sam@east.example"), ("west", "kim@west.example")):
            partner = next(r for r in self.scene.rows("partner_account") if r["name"] == f"Partner {crm}")
            self.scene.hires(partner["id"], mail)
            self.a_crm_user_adds_a_company(crm, "Globex", "Ulm", site=True, late=False)
            self.a_crm_user_adds_a_contact(crm, 1, "Wong", "mia@globex.example")
            self.a_crm_user_hands_out_a_lead(crm, 1, "New", partner=True, mail="mia@globex.example")

    @rule(seconds=st.sampled_from([1, 2, 4, 15, 60]))
    def time_passes(self, seconds):
        self.scene.clock.forward(seconds=seconds)

    @rule(crm=CRM, seconds=st.integers(0, 2))
    def a_sync_of_one_crm(self, crm, seconds):
        self.scene.clock.forward(seconds=seconds)
        self.scene.run(crm)
        self.oracle.looks()

    @rule(seconds=st.integers(0, 40))
    def a_sync_of_both(self, seconds):
        self.scene.clock.forward(seconds=seconds)
        self.scene.run()
        self.oracle.looks()

    @rule(crm=CRM, pick=PICK, what=a_value(CRM_FIELDS))
    def a_sync_after_an_edit_in_a_crm(self, crm, pick, what):
        self.edits(crm, pick, *what)
        self.a_sync_of_both(1)

    @rule(pick=PICK, what=a_value(PRM_FIELDS))
    def a_sync_after_an_edit_in_the_prm(self, pick, what):
        self.changes(pick, *what)
        self.a_sync_of_both(1)

    @precondition(lambda self: self.scene.ledger.now >= self.rested + ENOUGH)
    @rule()
    def a_calm(self):
        self.everything_comes_to_rest()

    def everything_comes_to_rest(self):
        self.rested = self.scene.ledger.now
        for crm in self.scene.crms.values():
            crm.calm()
        self.scene.breaks_in = None
        self.scene.between.clear()
        for _ in range(ROUNDS):
            self.scene.clock.forward(hours=2)
            before = self.marks()
            written = self.scene.writes()
            if self.marks() == before:
                break
        assert (written, self.marks()) == (QUIET, before), "it never comes to rest"
        self.oracle.judges()

    def marks(self):
        """What moves with every write."""
        versions = [crm._versions for crm in self.scene.crms.values()]
        revisions = sorted((key, row["revision"]) for key, row in self.scene.prm_rows().items())
        links = [(k["id"], k["crm_id"], k["state"], k["crm_seen"], k["prm_seen"]) for k in self.scene.links()]
        deliveries = sorted((d["id"], d["state"]) for d in self.scene.deliveries())
        return versions, revisions, links, deliveries

    def teardown(self):
        if not hasattr(self, "scene"):
            return
        try:
            self.everything_comes_to_rest()
        finally:
            self.scene.ends()


def worlds(number: int, first: int) -> type[TestCase]:
    """A test of so many worlds: always the same, so that a change is to blame if one fails; with ``CENTRI_WORLDS`` new ones.

    Shrinking a world takes minutes, so it is only done when asked for.
    """
    machine = type("TheWorld", (TheWorld,), {})
    shrink = [Phase.shrink] if os.environ.get("CENTRI_SHRINK") else []
    test: type[TestCase] = (machine if WORLDS else seed(first)(machine)).TestCase
    test.settings = settings(
        max_examples=WORLDS or number,
        stateful_step_count=25,
        derandomize=False,
        deadline=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *shrink],
    )
    return test


# As many as `make test` has time for; each is a test of its own, so that each processor gets one.
TestWorld = worlds(6, first=1)
TestAnotherWorld = pytest.mark.prove(worlds(12, first=2))
# Several, so that they can be done side by side.
TestWorlds = pytest.mark.prove(pytest.mark.timeout(3600)(worlds(40, first=3)))
TestMoreWorlds = pytest.mark.prove(pytest.mark.timeout(3600)(worlds(40, first=4)))
TestStillMoreWorlds = pytest.mark.prove(pytest.mark.timeout(3600)(worlds(40, first=5)))
TestEvenMoreWorlds = pytest.mark.prove(pytest.mark.timeout(3600)(worlds(40, first=6)))
