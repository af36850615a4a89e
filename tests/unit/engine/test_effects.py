"""What applying a decision does, for decisions that the pretend CRMs' mapping does not come to."""

from types import SimpleNamespace

from two_crms import MAPPING, START

from centri.dedupe.dictionaries import shipped
from centri.engine.effects import effect_of
from centri.engine.items import Chunk, Item
from centri.engine.project import PRM_FIELDS
from centri.mappings.loader import load
from centri.records import PRM, Record, Ref
from centri.sync.explain import explain
from centri.sync.link import Link, recall
from centri.sync.merge import FieldDecision
from centri.sync.plan import Plan
from centri.sync.policies import Take
from centri.sync.reconcile import Action, Decision
from centri.sync.references import References


def united():
    """An account whose two lists of choices were united."""
    mapping = next(m for m in load(MAPPING, PRM_FIELDS).mappings if m.entity == "account" and m.connection == "east")
    crm = Record(Ref("east", "Account", "1"), {"City": ["a", "b"]}, "7")
    row = Record(Ref(PRM, "account", "p"), {"city": ["a", "c"]})
    link = Link(crm.ref, row.ref, crm_seen={"City": ["a"]}, prm_seen={"city": ["a"]})
    both = ["a", "b", "c"]
    field = FieldDecision("city", "City", Take.MERGED, ["a", "b"], ["a", "c"], "both changed; union", both, {"City": both})
    return Item(mapping, crm, link, row), Decision(Action.UPDATE, "changed", crm, row, link, (field,))


def test_a_merged_value_goes_to_both_sides_and_is_remembered_as_sent():
    item, decision = united()
    chunk = Chunk("east", "account", [item], References(), stored={"p": {"id": "p", "revision": 1}})
    effect = effect_of(SimpleNamespace(now=lambda: START, mapping=SimpleNamespace(dictionaries=shipped())), item, decision, chunk)
    assert effect.change.values == {"city": ["a", "b", "c"]}
    assert effect.delivery.values == {"City": ["a", "b", "c"]}
    assert (effect.delivery.sent, effect.delivery.seen) == ({"city": ["a", "b", "c"]}, {"City": ["a", "b"]})
    (link,) = effect.links
    assert (recall(link.crm_seen), link.prm_seen) == ({"City": ["a", "b"]}, {"city": ["a"]})


def test_a_merged_value_is_explained_and_counts_on_both_sides():
    _, decision = united()
    plan = Plan("east", "account", "Account", (decision,))
    assert "['a', 'b'] | ['a', 'c'] -> ['a', 'b', 'c']   to both   both changed; union" in explain(plan)
    assert (plan.counts.to_prm, plan.counts.to_crm, plan.counts.held) == (1, 1, 0)
