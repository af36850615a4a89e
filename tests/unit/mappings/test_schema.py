"""What a parsed file offers: mappings by connection, settling order, conditions, secrets, fingerprints."""

import json

import pytest

from centri.errors import ConfigError
from centri.mappings.json_schema import SCHEMA_FILE, json_schema, schema_text
from centri.mappings.loader import interpret
from centri.mappings.schema import KeyWrite
from centri.mappings.source import parse
from centri.sync.filters import Condition
from centri.sync.link import Role
from centri.sync.merge import Direction
from centri.sync.policies import fill_blanks
from centri.sync.reconcile import OnDelete

TEXT = """
connections:
  acme: {type: memory, url: !env ACME_URL, auth: {password: !env ACME_PASSWORD, keys: [!env ACME_KEY]}}
choices:
  stage: {inward: {Open: open, Won: won}}
  unused: {inward: {A: a}}
entities:
  note:
    acme:
      object: Note
      append_only: true
      create: {when: {visibility: [both, vendor]}}
      fields:
        parent: {crm: ParentId, reference: [lead, opportunity]}
  opportunity:
    acme:
      object: Opportunity
      create: always
      push_as: lead
      fields:
        stage: {crm: StageName, transform: {choice: stage}}
        account_id: {crm: AccountId, reference: account}
      as_lead:
        object: Lead
        key: {crm: Opportunity_Id__c, write: always}
        fields:
          name: Opportunity_Name__c
          contact_name: {crm: LastName, direction: none, on_create: out}
          partner_id: {crm: Partner__c, reference: partner_account}
  lead:
    acme:
      object: Lead
      where: {Distribute__c: true, Status: {not: [Closed, null]}}
      refuse_over: 5%
      on_delete: unlink
      key: Prm_Id__c
      fields:
        company: Company
        partner_id: {crm: Target__c, reference: partner_account, direction: in}
        parent_id: {crm: Parent__c, reference: lead}
  account:
    acme: {object: Account, create: needed, fields: {name: Name}}
  partner_account:
    acme: {object: Account, fields: {name: {crm: Name, direction: in}}}
"""


def mapping_file(text=TEXT):
    return interpret(parse(text))


def test_mappings_are_found_by_connection_entity_and_role():
    parsed = mapping_file()
    assert [m.entity for m in parsed.of("acme")] == ["note", "opportunity", "opportunity", "lead", "account", "partner_account"]
    assert parsed.get("acme", "opportunity").object == "Opportunity"
    assert parsed.get("acme", "opportunity", Role.PUSH_LEAD).object == "Lead"
    assert parsed.get("acme", "contact") is None
    assert parsed.of("other") == ()


def test_parents_settle_before_children_and_a_reference_to_itself_does_not_matter():
    order = [(m.entity, m.role) for m in mapping_file().settle_order("acme")]
    assert len(order) == 6
    assert order[-1] == ("note", Role.ORIGIN)
    position = {pair: n for n, pair in enumerate(order)}
    assert position["account", Role.ORIGIN] < position["opportunity", Role.ORIGIN]
    assert position["partner_account", Role.ORIGIN] < position["lead", Role.ORIGIN]
    assert position["partner_account", Role.ORIGIN] < position["opportunity", Role.PUSH_LEAD]
    assert mapping_file().objects("acme") == ("Account", "Opportunity", "Lead", "Note")


def test_a_lead_that_carries_an_opportunity_flows_out_and_is_born_like_it():
    as_lead = mapping_file().get("acme", "opportunity", Role.PUSH_LEAD)
    assert as_lead.is_push_lead
    assert [(r.prm, r.direction, r.on_create) for r in as_lead.rules][:2] == [
        ("name", Direction.OUT, Direction.OUT),
        ("contact_name", Direction.NONE, Direction.OUT),
    ]
    assert as_lead.create.by_itself
    assert as_lead.key.write is KeyWrite.ALWAYS


def test_settings_of_a_block():
    lead = mapping_file().get("acme", "lead")
    assert lead.where.conditions == (Condition("Distribute__c", (True,)), Condition("Status", ("Closed", None), negated=True))
    assert (lead.refuse_over, lead.on_delete, lead.adopt, lead.append_only) == (0.05, OnDelete.UNLINK, fill_blanks, False)
    assert (lead.key.crm, lead.key.write) == ("Prm_Id__c", KeyWrite.ALONG)
    assert lead.crm_fields == ("Company", "Target__c", "Parent__c", "Distribute__c", "Status", "Prm_Id__c")


@pytest.mark.parametrize(
    ("entity", "by_itself", "when_needed", "wanted"),
    [
        ("lead", False, False, []),
        ("account", False, True, []),
        ("opportunity", True, True, ["both", "partner"]),
        ("note", True, False, ["both"]),
    ],
)
def test_which_prm_records_are_born_in_the_crm(entity, by_itself, when_needed, wanted):
    create = mapping_file().get("acme", entity).create
    assert (create.by_itself, create.when_needed, create.possible) == (by_itself, when_needed, by_itself or when_needed)
    assert [v for v in ("both", "partner") if create.wants({"visibility": v})] == wanted


def test_environment_variables_are_looked_up_late_and_all_missing_ones_are_named():
    acme = mapping_file().connections["acme"]
    options = acme.resolve({"ACME_URL": "http://x", "ACME_PASSWORD": "p", "ACME_KEY": "k"})
    assert options == {"url": "http://x", "auth": {"password": "p", "keys": ["k"]}}
    with pytest.raises(ConfigError) as raised:
        acme.resolve({"ACME_URL": "http://x", "ACME_KEY": ""})
    assert [str(p) for p in raised.value.problems] == [
        "connection 'acme': the environment variable ACME_PASSWORD is not set",
        "connection 'acme': the environment variable ACME_KEY is not set",
    ]


def test_a_fingerprint_moves_with_the_meaning_alone():
    before, commented = mapping_file(), mapping_file(TEXT.replace("entities:", "entities:  # all of them"))
    assert before.sha == commented.sha
    after = mapping_file(
        TEXT.replace("Won: won", "Won: open").replace("inward: {Open: open, Won: open}", "inward: {Open: open, Done: won}")
    )
    assert after.sha != before.sha
    changed = {m.entity for m, n in zip(before.mappings, after.mappings, strict=True) if m.sha != n.sha}
    assert changed == {"opportunity"}
    aside = mapping_file(TEXT.replace("{A: a}", "{B: b}"))
    assert [m.sha for m in aside.mappings] == [m.sha for m in before.mappings]


def test_a_mapping_cannot_be_changed():
    with pytest.raises(ValueError, match="frozen"):
        mapping_file().get("acme", "lead").object = "Contact"


def test_the_committed_json_schema_is_current():
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), "it is stale; run: centri schema --write"


def test_the_json_schema_lists_every_word_with_its_meaning_and_no_inner_field():
    text = json.dumps(json_schema())
    assert '"$entity"' not in text
    assert '"$prm"' not in text
    assert "phone: A telephone number in E.164." in text
    assert "newest: The value of the record that changed later is taken" in text
    assert "company_name: " in text
