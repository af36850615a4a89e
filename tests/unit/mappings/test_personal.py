"""Which fields tell about a person: no field of a person's passes for harmless."""

from pathlib import Path

import pytest

from centri.descriptions import Field, FieldType
from centri.engine.project import PRM_FIELDS
from centri.mappings.loader import interpret
from centri.mappings.personal import Kind, kinds, of_prm, unmapped
from centri.mappings.source import read

PLAIN = {
    # our own bookkeeping
    "id", "origin", "revision", "created_at", "created_by", "updated_at", "updated_by", "deleted_at", "author_type", "visibility",
    "attachment_sha256", "accepts_leads", "auto_accept", "max_offers_per_day", "max_open_leads", "response_sla_hours",
    "routing_weight", "performance_score", "completeness", "consent_at", "consent_basis", "crm_created_at", "active", "role",
    # who and what belongs to what, by id
    "channel_manager_id", "parent_partner_id", "owner_vendor_user_id", "parent_account_id", "partner_account_id", "account_id",
    "converted_account_id", "converted_contact_id", "converted_opportunity_id", "master_lead_id", "matched_account_id",
    "requested_partner_id", "sourced_by_partner_id", "target_partner_id", "competitor_account_id", "originating_lead_id",
    "partner_id", "partner_user_id", "primary_contact_id", "registered_partner_id", "parent", "parent_id", "parent_type",
    "author_id", "merged_into_id", "duplicate_of_contact_id",
    # where, in the large
    "city", "country_code", "state_code", "postal_code", "region", "lat", "lng", "languages", "account_country",
    # what companies and jobs are like
    "partner_type", "tier", "status", "account_class", "annual_revenue", "company_size_code", "employees_raw", "industry_code",
    "industry_raw", "segment_code", "title", "contact_title", "title_level_code", "job_function_code", "do_not_call",
    "email_opt_out",
    # where a lead or an opportunity stands
    "accepted_at", "converted_at", "distribution_status", "expires_at", "first_assigned_at", "first_response_at",
    "last_activity_at", "lead_source", "match_class", "match_confidence", "match_locked", "matched_at", "priority", "prm_status",
    "product_interest", "received_at", "score", "source_kind", "state", "state_changed_at", "timeframe", "amount",
    "amount_is_placeholder", "approval_state", "close_date", "close_date_is_placeholder", "closed_at", "currency",
    "forecast_category", "lost_reason", "motion", "partner_stage", "probability", "product_family", "registration_expires_at",
    "sourced_by", "stage_category", "vendor_stage", "registered", "registration_no", "registrations", "deal_no", "deal_state",
}  # fmt: skip


def test_somebody_thought_about_each_prm_field():
    """A new field of the PRM fails here until it is named above or in PRM_KINDS."""
    undecided = {f for entity, fields in PRM_FIELDS.items() for f in fields if of_prm(entity, f) is Kind.PLAIN} - PLAIN
    assert undecided == set()


def test_a_name_is_a_persons_or_a_companys():
    assert (of_prm("vendor_user", "name"), of_prm("account", "name")) == (Kind.NAME, Kind.COMPANY)


@pytest.mark.parametrize(
    ("name", "type", "kind"),
    [
        ("Id", "id", Kind.PLAIN),
        ("FirstName", "text", Kind.NAME),
        ("last_name", "text", Kind.NAME),
        ("MobilePhone", "text", Kind.PHONE),
        ("phone_fax", "text", Kind.PHONE),
        ("email2", "text", Kind.EMAIL),
        ("email", "emails", Kind.EMAIL),
        ("Personal_EMail__c", "text", Kind.EMAIL),
        ("email_opt_out", "boolean", Kind.PLAIN),
        ("Birthdate", "date", Kind.BIRTH),
        ("CreatedDate", "datetime", Kind.PLAIN),
        ("account_name", "text", Kind.COMPANY),
        ("Website", "text", Kind.WEBSITE),
        ("MailingCity", "text", Kind.PLAIN),
        ("MailingStreet", "text", Kind.TEXT),
        ("Description", "text", Kind.TEXT),
        ("Something__c", "text", Kind.TEXT),
        ("MailingAddress", "other", Kind.TEXT),
        ("Status", "choice", Kind.PLAIN),
    ],
)
def test_what_is_not_mapped_is_told_by_type_and_name(name, type, kind):
    assert unmapped(name, type) is kind


MAPPING = """
connections: {crm: {type: memory}}
entities:
  contact:
    crm:
      object: Contact
      where: {Kind: [buyer]}
      key: Our_Id
      fields:
        first_name: Given
        email_opt_out: {crm: Addresses, transform: email_opt_out, direction: in}
        title: MobilePhone
        phone_e164: {crm: Line, transform: {phone: {region_from_crm: Land}}}
"""


def test_a_mapping_lowers_a_doubt_and_never_a_certainty(tmp_path):
    file = Path(tmp_path / "mappings.yaml")
    file.write_text(MAPPING)
    mapping = interpret(read(file), PRM_FIELDS)
    types = dict.fromkeys(("Given", "MobilePhone", "Line", "Land", "Our_Id", "Kind", "Other"), FieldType.TEXT)
    described = {name: Field(name, type) for name, type in {**types, "Addresses": FieldType.EMAILS}.items()}
    assert kinds(mapping.mappings, described) == {
        "Given": Kind.NAME,
        "Addresses": Kind.EMAIL,
        "MobilePhone": Kind.PHONE,
        "Line": Kind.PHONE,
        "Land": Kind.PLAIN,
        "Our_Id": Kind.PLAIN,
        "Kind": Kind.PLAIN,
        "Other": Kind.TEXT,
    }
