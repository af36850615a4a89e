"""Ids of parents, translated in both directions, or marked until the parent is there."""

import pytest

from centri.anomalies import Untranslatable
from centri.sync.references import References, Standing, pending, resolve

KNOWN = References(
    {("contact", "c1"): "p1", ("account", "a1"): "p2"},
    {("account", "p2"): Standing("a1", "account"), ("opportunity", "p3"): Standing("l1", "lead")},
)
NAMES = {"account": "Accounts", "lead": "Leads"}
REF, TYPE = {"$ref": ["account", "p9"]}, {"$type": ["account", "p9"], "names": NAMES}


def test_inward_takes_the_first_entity_that_knows_the_id():
    assert KNOWN.inward(["account", "contact"], "c1") == ("contact", "p1")
    assert KNOWN.inward(["account", "contact"], "a1") == ("account", "p2")


def test_a_parent_that_has_not_arrived_is_waited_for():
    with pytest.raises(Untranslatable) as caught:
        KNOWN.inward(["account", "contact"], "x")
    finding = caught.value
    assert (finding.kind, finding.waits_for) == ("reference_missing", "x")
    assert finding.note == "account or contact x is not synced yet"


def test_outward_gives_the_id_or_a_mark():
    assert [KNOWN.outward("account", "p2"), KNOWN.outward("account", "p9")] == ["a1", REF]
    assert KNOWN.outward("opportunity", "p3") == "l1"


def test_outward_gives_the_name_of_what_stands_there_or_a_mark():
    assert [KNOWN.outward_type("account", "p2", NAMES), KNOWN.outward_type("opportunity", "p3", NAMES)] == ["Accounts", "Leads"]
    assert KNOWN.outward_type("account", "p9", NAMES) == TYPE
    assert KNOWN.outward_type("account", "p2", {}) is None


@pytest.mark.parametrize("value", ["a1", None, 0, [], {}, {"names": {}}])
def test_plain_values_wait_for_nobody(value):
    assert (pending(value), resolve(value, KNOWN.by_prm)) == (None, value)


def test_marks_say_whom_they_wait_for_until_it_is_there():
    assert (pending(REF), pending(TYPE)) == (("account", "p9"), ("account", "p9"))
    there = {("account", "p9"): Standing("l9", "lead")}
    assert (resolve(REF, there), resolve(TYPE, there)) == ("l9", "Leads")
    assert (resolve(REF, {}), resolve(TYPE, {})) == (REF, TYPE)
