"""SOQL beyond plain rows: aggregates, children, whole field lists, queries within conditions, words for days."""

from __future__ import annotations

from datetime import date

import pytest

from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_query import run
from centri.sandbox.soql_dates import span
from centri.sandbox.state import Refused

T = 1_767_225_600  # 2026-01-01T00:00:00Z, a Thursday


@pytest.fixture(scope="module")
def org() -> SalesforceOrg:
    """Three accounts in two industries, with contacts, deals and notes."""
    org = SalesforceOrg()
    org.clock.set(T, frozen=True)
    for name, industry, size in (("Acme", "Energy", 10), ("Beta", "Energy", 30), ("Corp", "Media", None)):
        org.create("Account", {"Name": name, "Industry": industry, "NumberOfEmployees": size})
    acme, beta, _ = (row.id for row in org.rows("Account"))
    for name, parent in (("Doe", acme), ("Roe", acme), ("Zoe", beta)):
        org.create("Contact", {"LastName": name, "AccountId": parent})
    deal = org.create("Opportunity", {"Name": "d", "StageName": "Prospecting", "CloseDate": "2026-02-01", "AccountId": acme})
    org.touch("Opportunity", deal.id, Amount=100.0)
    org.create("Note", {"Title": "on the firm", "ParentId": acme})
    org.create("Note", {"Title": "on the deal", "ParentId": deal.id})
    return org


def ask(org, text):
    found = run(org, text, "v62.0")
    return [found.draw(row) for row in found.rows]


def bare(records):
    return [{name: value for name, value in record.items() if name != "attributes"} for record in records]


def test_rows_are_grouped_and_counted(org):
    groups = ask(
        org, "SELECT Industry, COUNT(Id), SUM(NumberOfEmployees) people FROM Account GROUP BY Industry ORDER BY Industry"
    )
    assert groups == [
        {"attributes": {"type": "AggregateResult"}, "Industry": "Energy", "expr0": 2, "people": 40},
        {"attributes": {"type": "AggregateResult"}, "Industry": "Media", "expr0": 1, "people": None},
    ]


def test_aggregates_of_everything_are_one_row_even_of_nothing(org):
    text = "SELECT COUNT(NumberOfEmployees), COUNT_DISTINCT(Industry), AVG(NumberOfEmployees), "
    text += "MIN(Name), MAX(CreatedDate) FROM Account"
    [row] = bare(ask(org, text))
    assert row == {"expr0": 2, "expr1": 2, "expr2": 20.0, "expr3": "Acme", "expr4": "2026-01-01T00:00:00.000+0000"}
    assert bare(ask(org, "SELECT COUNT(Id) n FROM Account WHERE Name = 'none'")) == [{"n": 0}]


def test_groups_are_by_parents_fields_too_and_can_be_left_out(org):
    text = "SELECT Account.Industry, COUNT(Id) n FROM Contact GROUP BY Account.Industry, AccountId HAVING COUNT(Id) > 1"
    assert bare(ask(org, text)) == [{"Industry": "Energy", "n": 2}]
    text = "SELECT Industry i FROM Account GROUP BY Industry ORDER BY COUNT(Id) DESC LIMIT 1"
    assert bare(ask(org, text)) == [{"i": "Energy"}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT Name, COUNT(Id) FROM Account GROUP BY Industry", "Field must be grouped or aggregated: Name"),
        ("SELECT SUM(Name) FROM Account", "field Name does not support aggregate operator SUM"),
        ("SELECT Id FROM Account WHERE COUNT(Id) > 1", "unexpected aggregate"),
    ],
)
def test_a_misplaced_aggregate_is_refused(org, text, said):
    with pytest.raises(Refused, match="ERROR at Row:1:Column:") as refused:
        ask(org, text)
    assert refused.value.code == "MALFORMED_QUERY"
    assert said in refused.value.message


def test_children_are_nested_with_their_own_conditions_order_and_limit(org):
    text = "SELECT Name, (SELECT LastName, Account.Name FROM Contacts WHERE LastName != 'Roe' ORDER BY LastName DESC LIMIT 1) "
    acme, _, corp = ask(org, text + "FROM Account ORDER BY Name")
    contacts = acme["Contacts"]
    assert (contacts["totalSize"], contacts["done"]) == (1, True)
    assert bare(contacts["records"])[0]["LastName"] == "Doe"
    assert contacts["records"][0]["Account"]["Name"] == "Acme"
    assert corp["Contacts"] is None
    with pytest.raises(Refused, match="Didn't understand relationship 'Nothings' in FROM part"):
        ask(org, "SELECT (SELECT Id FROM Nothings) FROM Account")


def test_all_fields_are_selected_at_once_but_not_for_too_many_rows(org):
    standard = ask(org, "SELECT FIELDS(STANDARD) FROM Account")[0]
    everything = ask(org, "SELECT FIELDS(ALL) FROM Account LIMIT 200")[0]
    custom = ask(org, "SELECT Id, FIELDS(CUSTOM) FROM Account LIMIT 1")[0]
    assert standard["Name"]
    assert set(everything) == set(standard) | set(custom)
    assert all(name.endswith("__c") for name in set(custom) - {"Id", "attributes"})
    with pytest.raises(Refused, match="must have a LIMIT of at most 200"):
        ask(org, "SELECT FIELDS(ALL) FROM Account")


def test_a_condition_may_ask_another_object(org):
    inner = "SELECT AccountId FROM Contact WHERE LastName LIKE '%oe'"
    assert {row["Name"] for row in ask(org, f"SELECT Name FROM Account WHERE Id IN ({inner})")} == {"Acme", "Beta"}
    assert {row["Name"] for row in ask(org, f"SELECT Name FROM Account WHERE Id NOT IN ({inner})")} == {"Corp"}


def test_a_parent_of_several_kinds_is_drawn_by_its_kind(org):
    text = "SELECT Title, TYPEOF Parent WHEN Account THEN Industry WHEN Opportunity THEN StageName ELSE Name END FROM Note"
    drawn = {row["Title"]: bare([row["Parent"]])[0] for row in ask(org, text)}
    assert drawn == {"on the firm": {"Industry": "Energy"}, "on the deal": {"StageName": "Prospecting"}}


TODAY = date(2026, 5, 14)  # a Thursday


@pytest.mark.parametrize(
    ("word", "first", "after"),
    [
        ("TODAY", "2026-05-14", "2026-05-15"),
        ("LAST_N_DAYS:3", "2026-05-11", "2026-05-15"),
        ("NEXT_N_DAYS:3", "2026-05-15", "2026-05-18"),
        ("N_DAYS_AGO:2", "2026-05-12", "2026-05-13"),
        ("THIS_WEEK", "2026-05-10", "2026-05-17"),
        ("LAST_N_WEEKS:2", "2026-04-26", "2026-05-10"),
        ("LAST_MONTH", "2026-04-01", "2026-05-01"),
        ("NEXT_N_MONTHS:8", "2026-06-01", "2027-02-01"),
        ("N_MONTHS_AGO:5", "2025-12-01", "2026-01-01"),
        ("THIS_QUARTER", "2026-04-01", "2026-07-01"),
        ("LAST_YEAR", "2025-01-01", "2026-01-01"),
        ("LAST_N_YEARS:2", "2024-01-01", "2026-01-01"),
    ],
)
def test_words_for_days_span_what_they_say(word, first, after):
    assert tuple(day.isoformat() for day in span(word, TODAY)) == (first, after)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("CloseDate = NEXT_MONTH", 1), ("CloseDate > NEXT_MONTH", 0), ("CloseDate >= NEXT_MONTH", 1),
        ("CloseDate < NEXT_MONTH", 0), ("CloseDate <= NEXT_MONTH", 1), ("CloseDate != NEXT_MONTH", 0), ("CreatedDate = TODAY", 1),
        ("CreatedDate > YESTERDAY", 1), ("CreatedDate > TODAY", 0), ("CreatedDate > LAST_N_DAYS:1", 1),
        ("SystemModstamp < TODAY", 0),
    ],
)  # fmt: skip
def test_words_for_days_are_compared_as_spans(org, condition, count):
    assert len(ask(org, f"SELECT Id FROM Opportunity WHERE {condition}")) == count
