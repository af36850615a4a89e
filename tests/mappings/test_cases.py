"""The project's own cases hold, and each kind of mistake in the mapping makes one of them fail, naming the field."""

from pathlib import Path

import pytest

from centri.engine.case_report import failure
from centri.engine.cases import descriptions, fixtures_beside, known, running
from centri.engine.project import PRM_FIELDS
from centri.mappings.case_files import load_cases
from centri.mappings.loader import interpret, load
from centri.mappings.source import parse

ROOT = Path(__file__).parents[2]
MAPPING = ROOT / "mappings.yaml"
FILES = sorted((ROOT / "fixtures/cases").glob("*.yaml"))


def _cases(files, mapping):
    fixtures = fixtures_beside(MAPPING)
    described = descriptions(mapping, fixtures)
    return load_cases(files, known(mapping, described)), (mapping, fixtures, described)


CASES, STAGE = _cases(FILES, load(MAPPING, PRM_FIELDS))


@pytest.fixture(scope="module")
def runner():
    with running(*STAGE) as found:
        yield found


@pytest.mark.parametrize("written", CASES, ids=[w.case.name for w in CASES])
def test_case(runner, written):
    outcome = runner.run(written)
    assert outcome.passed, failure(outcome)


MISTAKES = {
    "a value map's entry": ("value_maps", "Installation Partner: integrator", "Installation Partner: isv", "A5 partner_type"),
    "an outward value": (
        "value_maps",
        "recycled: Recycled\n      disqualified",
        "recycled: Dead\n      disqualified",
        "L6 status",
    ),
    "a stage": (
        "value_maps",
        "Closed Lost: lost}\n    otherwise: open",
        "Closed Lost: open}\n    otherwise: open",
        "O10 stage_category",
    ),
    "a direction": ("conflicts", "industry_raw: {crm: Industry, direction: in}", "industry_raw: Industry", "A1 Industry"),
    "a policy": ("conflicts", "name: {crm: Name, policy: crm_wins}", "name: {crm: Name, policy: prm_wins}", "foxes name"),
    "the newest": (
        "conflicts",
        "title: {crm: title, transform: {truncate: 100}, policy: newest}",
        "title: {crm: title, transform: {truncate: 100}}",
        "fox title",
    ),
    "a union": (
        "conflicts",
        "{list: product_interest}, policy: union",
        "{list: product_interest}, policy: crm_wins",
        "fox product_interest",
    ),
    "a reference": (
        "references",
        "parent_partner_id: {crm: ParentId, reference: partner_account, missing: ignore, direction: in}\n",
        "\n",
        "P2 parent_partner_id",
    ),
    "an owner": ("references", "reference: vendor_user, missing: report", "reference: vendor_user, missing: ignore", "anomalies"),
    "a weight": (
        "matching",
        "compare: {email: 6, person_name: 4}",
        "compare: {email: 1, person_name: 1}",
        "Contact/C1 as contact: verdict",
    ),
    "a cap": (
        "matching",
        "cap: {country_differs: review, name_only: review, name_differs: review}",
        "cap: {}",
        "A1 as account: verdict",
    ),
    "a placeholder": ("opportunities", 'default: "0.00", placeholder: true', 'default: "0.00"', "O2 amount"),
    "a lead's field": (
        "opportunities",
        "close_date: CENTRI_Close_Date__c",
        "close_date: {crm: CENTRI_Close_Date__c, direction: none}",
        "$deal CENTRI_Close_Date__c",
    ),
    "append only": ("notes", "append_only: true", "append_only: false", "called subject"),
    "what a deletion means": ("deletions", "enter: matched\n      on_delete: unlink", "enter: matched", "anomalies"),
    "the filter": ("routing", "where: {CENTRI_Distribute__c: true}", "where: {}", "lead L1"),
    "the named partner": (
        "routing",
        "target_partner_id: {crm: CENTRI_Partner__c, reference: partner_account, policy: crm_wins}\n",
        "\n",
        "target_partner_id",
    ),
}
"""Mistake: the file of cases that must notice, what stands in the mapping, what is put in its place, what must be named."""


@pytest.mark.prove
@pytest.mark.parametrize(("file", "right", "wrong", "named"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_mapping_is_noticed(file, right, wrong, named):
    text = MAPPING.read_text(encoding="utf-8")
    assert right in text
    mapping = interpret(parse(text.replace(right, wrong)), PRM_FIELDS)
    cases, stage = _cases([ROOT / f"fixtures/cases/{file}.yaml"], mapping)
    with running(*stage) as runner:
        told = "\n".join(failure(outcome) for outcome in map(runner.run, cases) if not outcome.passed)
    assert named in told


def test_every_value_map_is_used_by_cases():
    """Each CRM value that a map takes in stands in some case."""
    given = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
    maps = parse(MAPPING.read_text(encoding="utf-8")).data["choices"]
    odd = {"", "true", "false", "Closed - Converted", "Converted"}  # blanks and flags; a converted lead is not taken in
    missing = [
        (name, value) for name, found in maps.items() for value in found["inward"] if value not in odd and value not in given
    ]
    assert not missing
