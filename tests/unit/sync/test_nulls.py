"""What a blank on one side means for the other, as a table.

Read a row as: `nulls` and the policy; CRM then -> CRM now; PRM then -> PRM now; whose value is taken; what both hold afterwards.
"""

import pytest

from centri.mappings.rules import FieldRule, Nulls
from centri.records import MISSING, PRM, Record, Ref
from centri.sync.link import Link
from centri.sync.merge import merge
from centri.sync.policies import POLICIES, Take
from centri.sync.references import References

TABLE = [
    # what happened    nulls    policy    CRM then, now    PRM then, now    take    CRM, PRM afterwards
    ("the CRM wiped it", "propagate", "hold", "Ulm", None, "Ulm", "Ulm", Take.CRM, None, None),
    ("the PRM wiped it", "propagate", "hold", "Ulm", "Ulm", "Ulm", None, Take.PRM, None, None),
    ("the CRM filled a blank", "propagate", "hold", None, "Ulm", None, None, Take.CRM, "Ulm", "Ulm"),
    ("the PRM filled a blank", "propagate", "hold", None, None, None, "Ulm", Take.PRM, "Ulm", "Ulm"),
    ("the CRM wiped what the PRM changed", "propagate", "hold", "Ulm", None, "Ulm", "Kiel", Take.HOLD, None, "Kiel"),
    ("the same, the CRM wins", "propagate", "crm_wins", "Ulm", None, "Ulm", "Kiel", Take.CRM, None, None),
    ("the same, blanks are filled", "propagate", "fill_blanks", "Ulm", None, "Ulm", "Kiel", Take.PRM, "Kiel", "Kiel"),
    ("the PRM wiped what the CRM changed", "propagate", "prm_wins", "Ulm", "Bonn", "Ulm", None, Take.PRM, None, None),
    ("the same, blanks are filled", "propagate", "fill_blanks", "Ulm", "Bonn", "Ulm", None, Take.CRM, "Bonn", "Bonn"),
    ("both wiped it", "propagate", "hold", "Ulm", None, "Ulm", None, Take.EITHER, None, None),
    ("the CRM wiped it", "ignore", "hold", "Ulm", None, "Ulm", "Ulm", Take.EITHER, None, "Ulm"),
    ("the PRM wiped it", "ignore", "hold", "Ulm", "Ulm", "Ulm", None, Take.NONE, "Ulm", None),
    ("the CRM filled a blank", "ignore", "hold", None, "Ulm", None, None, Take.CRM, "Ulm", "Ulm"),
    ("the PRM filled a blank", "ignore", "hold", None, None, None, "Ulm", Take.PRM, "Ulm", "Ulm"),
    ("the CRM wiped what the PRM changed", "ignore", "crm_wins", "Ulm", None, "Ulm", "Kiel", Take.PRM, "Kiel", "Kiel"),
    ("the PRM wiped what the CRM changed", "ignore", "prm_wins", "Ulm", "Bonn", "Ulm", None, Take.NONE, "Bonn", None),
    ("both wiped it", "ignore", "hold", "Ulm", None, "Ulm", None, Take.NONE, None, None),
    ("zero is no blank", "ignore", "hold", 1, 0, 1, 1, Take.CRM, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("happened", "nulls", "policy", "crm_then", "crm_now", "prm_then", "prm_now", "take", "crm_after", "prm_after"),
    TABLE,
    ids=[f"{row[1]}: {row[0]} ({row[2]})" for row in TABLE],
)
def test_nulls(happened, nulls, policy, crm_then, crm_now, prm_then, prm_now, take, crm_after, prm_after):
    rule = FieldRule(crm="City", nulls=Nulls(nulls), **{"$prm": "city", "policy": policy})
    assert rule.policy is POLICIES[policy]
    crm, row = Ref("crm", "Account", "1"), Ref(PRM, "account", "1")
    link = Link(crm, row, crm_seen={"City": crm_then}, prm_seen={"city": prm_then})
    (found,) = merge(link, Record(crm, {"City": crm_now}), Record(row, {"city": prm_now}), [rule])
    assert found.take is take
    assert (found.told.get("City", crm_now) if found.to_crm else crm_now, found.value if found.to_prm else prm_now) == (
        crm_after, prm_after,
    )  # fmt: skip


def test_a_blank_that_is_ignored_enters_no_new_record():
    rule = FieldRule(crm="City", nulls=Nulls.IGNORE, **{"$prm": "city"})
    assert rule.inward({"City": None}, References()) is MISSING
    assert rule.outward({"city": None}, References()) == {}
