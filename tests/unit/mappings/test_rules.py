"""Field rules: how a value crosses, and what a merge makes of it."""

import pytest

from centri.anomalies import Untranslatable
from centri.mappings.choices import ValueMap
from centri.mappings.names import Names
from centri.mappings.rules import FieldRule, bind
from centri.records import MISSING, Record, Ref
from centri.sync.link import Link, Role
from centri.sync.memory import first_memory, remember
from centri.sync.merge import Direction, Rule, Situation, merge
from centri.sync.policies import Take, hold, newest
from centri.sync.references import References, Standing

NONE = References()
REFS = References(
    by_crm={("lead", "00Q1"): "L1", ("account", "0011"): "A1"},
    by_prm={("account", "A1"): Standing("0011", "account")},
)


def rule(prm="company", crm="Company", *, choices=None, **keys):
    return FieldRule.model_validate({"$prm": prm, "crm": crm, **keys}, context=Names(choices=choices or {}))


def test_a_rule_is_what_a_merge_takes():
    plain: Rule = rule()
    assert (plain.direction, plain.on_create, plain.policy) == (Direction.BOTH, Direction.BOTH, hold)
    assert rule(policy="newest").policy is newest


def test_on_create_is_the_direction_unless_given():
    assert rule(direction="in").on_create is Direction.IN
    assert rule(direction="none", on_create="out").on_create is Direction.OUT


def test_a_value_crosses_as_it_is_and_an_absent_one_does_not():
    assert rule().inward({"Company": "Acme"}, NONE) == "Acme"
    assert rule().inward({}, NONE) is MISSING
    assert rule().inward({"Company": None}, NONE) is None
    assert rule().outward({"company": "Acme"}, NONE) == {"Company": "Acme"}
    assert rule().outward({"company": None}, NONE) == {"Company": None}
    assert rule().outward({}, NONE) == {}


def test_transforms_apply_in_order_inward_and_reversed_outward():
    both = rule(transform=["text", {"truncate": 3}, {"choice": "kind"}], choices={"kind": ValueMap(inward={"A B": "alpha beta"})})
    assert both.inward({"Company": " A  B "}, NONE) == "alpha beta"
    assert both.outward({"company": "alpha beta"}, NONE) == {"Company": "A B"}


def test_a_value_in_the_wrong_form_is_a_finding():
    with pytest.raises(Untranslatable, match="is not an e-mail address") as found:
        rule("email", "Email", transform="email").inward({"Email": "mia"}, NONE)
    assert found.value.kind == "type_mismatch"


def test_a_blank_wipes_unless_told_to_ignore_it():
    careful = rule(nulls="ignore")
    assert careful.inward({"Company": None}, NONE) is MISSING
    assert careful.outward({"company": None}, NONE) == {}
    assert careful.inward({"Company": ""}, NONE) == ""


def test_a_default_is_told_for_a_blank_and_a_placeholder_reads_back_as_unknown():
    date = rule("close_date", "CloseDate", transform="date", default="2099-12-31", placeholder=True)
    assert date.outward({"close_date": None}, NONE) == {"CloseDate": "2099-12-31"}
    assert date.inward({"CloseDate": "2099-12-31"}, NONE) is None
    assert date.inward({"CloseDate": "2026-06-30"}, NONE) == "2026-06-30"
    assert rule(default="?").inward({"Company": "?"}, NONE) == "?"


def test_a_placeholder_is_recognised_in_whatever_form_the_crm_gives_it_back():
    amount = rule("amount", "Amount", transform="money", default=0, placeholder=True)
    assert amount.inward({"Amount": "0.00"}, NONE) is None
    assert amount.inward({"Amount": "0.01"}, NONE) == "0.01"


def test_a_constant_is_told_whatever_the_prm_holds():
    source = rule("sourced_by", "LeadSource", constant="Partner", direction="none", on_create="out")
    assert source.outward({"sourced_by": "anything"}, NONE) == {"LeadSource": "Partner"}


def test_a_phone_number_takes_its_region_from_the_country_beside_it():
    rules = {
        "phone": rule("phone", "Phone", transform={"phone": {"region_from": "country_code"}}),
        "country_code": rule("country_code", "Country", transform="country"),
    }
    bind(rules)
    assert rules["phone"].inward({"Phone": "089 5550101", "Country": "Deutschland"}, NONE) == "+49895550101"
    with pytest.raises(Untranslatable, match="no country is known"):
        rules["phone"].inward({"Phone": "089 5550101", "Country": "Atlantis"}, NONE)


def test_the_region_may_come_from_a_crm_field_that_is_then_read_too():
    phone = rule("phone", "Phone", transform={"phone": {"region_from_crm": "MailingCountry"}})
    assert phone.crm_fields == ("Phone", "MailingCountry")
    assert phone.crm_targets == ("Phone",)
    assert phone.inward({"Phone": "01 55501010", "MailingCountry": "France"}, NONE) == "+33155501010"


def test_a_reference_crosses_by_its_link():
    account = rule("account_id", "AccountId", reference="account")
    assert account.inward({"AccountId": "0011"}, REFS) == "A1"
    assert account.outward({"account_id": "A1"}, REFS) == {"AccountId": "0011"}
    assert account.outward({"account_id": "A2"}, REFS) == {"AccountId": {"$ref": ["account", "A2"]}}
    assert account.inward({"AccountId": None}, REFS) is None
    assert account.outward({"account_id": None}, REFS) == {"AccountId": None}


def test_a_parent_that_is_not_there_is_waited_for_aloud_or_in_silence():
    with pytest.raises(Untranslatable, match="account 0019 is not synced yet") as found:
        rule("account_id", "AccountId", reference="account").inward({"AccountId": "0019"}, REFS)
    assert found.value.kind == "reference_missing"
    with pytest.raises(Untranslatable) as silent:
        rule("account_id", "AccountId", reference="account", missing="ignore").inward({"AccountId": "0019"}, REFS)
    assert (silent.value.kind, silent.value.waits_for) == ("", "0019")


def test_a_reference_to_several_entities_names_which():
    parent = rule(
        "parent", "parent_id", reference=["lead", "account"], type_field="parent_type",
        type_names={"lead": "Leads", "account": "Accounts"},
    )  # fmt: skip
    assert parent.crm_fields == ("parent_id", "parent_type")
    assert parent.inward({"parent_id": "00Q1", "parent_type": "Leads"}, REFS) == "lead/L1"
    assert parent.outward({"parent": "account/A1"}, REFS) == {"parent_id": "0011", "parent_type": "Accounts"}
    with pytest.raises(Untranslatable, match="names a deal"):
        parent.outward({"parent": "deal/D1"}, REFS)


def test_origin_is_the_master_where_none_is_named():
    assert rule(direction="in").master is None
    assert rule(direction="in", master="origin").master is None
    assert rule(direction="in", master="acme").master == "acme"


def test_which_ways_a_rule_flows():
    created = rule(direction="none", on_create="out")
    assert not created.flows(Direction.OUT)
    assert created.flows(Direction.OUT, creating=True)
    assert not created.flows(Direction.IN, creating=True)


def test_a_blank_that_is_ignored_leaves_both_sides_as_they_are():
    crm, prm = Record(Ref("acme", "Lead", "1"), {"Status": None}), Record(Ref("prm", "lead", "1"), {"state": "new"})
    link = Link(crm.ref, prm.ref, crm_seen={"Status": "New"}, prm_seen={"state": "new"})
    (decision,) = merge(link, crm, prm, [rule("state", "Status", direction="in", nulls="ignore")])
    assert decision.take is Take.EITHER


def test_a_placeholder_makes_no_echo():
    date = rule("close_date", "CloseDate", default="2099-12-31", placeholder=True, policy="prm_wins")
    crm = Record(Ref("acme", "Opportunity", "1"), {"CloseDate": "2099-12-31"})
    prm = Record(Ref("prm", "opportunity", "1"), {"close_date": None})
    (decision,) = merge(None, crm, prm, [date])
    assert decision.take is Take.EITHER


@pytest.mark.parametrize(
    ("entity", "kind", "words"),
    [
        ("vendor_user", "owner_unmapped", "owner 0059 is nobody here"),
        ("account", "reference_missing", "account 0059 is not synced"),
    ],
)
def test_a_parent_whose_absence_is_reported_is_blank_until_it_is_there(entity, kind, words):
    owner = rule("owner", "OwnerId", reference=entity, missing="report", direction="in")
    seen = Link(Ref("crm", "Account", "1"), Ref("prm", "account", "1"), crm_seen={"OwnerId": "0051"}, prm_seen={"owner": "U1"})
    crm = Record(Ref("crm", "Account", "1"), {"OwnerId": "0059"})
    prm = Record(Ref("prm", "account", "1"), {"owner": "U1"})
    (missed,) = merge(seen, crm, prm, [owner], Situation(REFS))
    assert (missed.take, missed.value, missed.to_prm, missed.kind, missed.waits_for) == (Take.CRM, None, True, kind, "0059")
    assert words in missed.because
    remembered = remember(seen, [missed], crm)
    there = Situation(References(by_crm={(entity, "0059"): "U9"}))
    (found,) = merge(remembered, crm, Record(prm.ref, {"owner": None}), [owner], there)
    assert (found.value, found.kind) == ("U9", "")
    known_again = Record(crm.ref, {"OwnerId": "0051"})
    there = Situation(References(by_crm={(entity, "0051"): "U1"}))
    (back,) = merge(remembered, known_again, Record(prm.ref, {"owner": None}), [owner], there)
    assert (back.value, back.kind) == ("U1", "")


def test_a_parent_that_is_missing_where_another_connection_owns_the_field_is_nobodys_business():
    owner = rule("owner", "OwnerId", reference="vendor_user", missing="report", direction="in")
    crm, prm = Record(Ref("crm", "Account", "1"), {"OwnerId": "0059"}), Record(Ref("prm", "account", "1"), {"owner": "U1"})
    (decision,) = merge(None, crm, prm, [owner], Situation(NONE, disowned=frozenset({"owner"})))
    assert (decision.take, decision.kind, decision.to_prm) == (Take.EITHER, "", False)


def test_what_flows_only_on_creation_and_was_set_aside_then_is_taken_once_it_is_understood():
    at_birth = rule("currency", "Currency", transform={"choice": "ids"}, choices={"ids": ValueMap(inward={"-99": "USD"})},
                    direction="none", on_create="in")  # fmt: skip
    crm, prm = Record(Ref("crm", "Deal", "1"), {"Currency": "7"}), Ref("prm", "opportunity", "1")
    (aside,) = merge(None, crm, Record(prm, {}), [at_birth], Situation(creating=True))
    assert aside.take is Take.HOLD
    link = first_memory(crm.ref, prm, Role.ORIGIN, [aside], crm)
    blank, filled = Record(prm, {"currency": None}), Record(prm, {"currency": "EUR"})
    (again,) = merge(link, crm, blank, [at_birth])
    assert again.take is Take.HOLD
    learnt = rule("currency", "Currency", transform={"choice": "ids"}, choices={"ids": ValueMap(inward={"7": "GBP"})},
                  direction="none", on_create="in")  # fmt: skip
    assert [f.value for f in merge(link, crm, blank, [learnt])] == ["GBP"]
    assert [f.take for f in merge(link, crm, filled, [learnt])] == [Take.EITHER]
    (taken,) = merge(link, crm, blank, [learnt])
    later = Record(crm.ref, {"Currency": "-99"})
    (left,) = merge(remember(link, [taken], crm), later, Record(prm, {"currency": None}), [at_birth])
    assert (left.take, left.to_prm) == (Take.EITHER, False)
