"""SOQL: what is read, what is refused and how, and that an index never changes the answer."""

from __future__ import annotations

import random

import pytest

from centri.sandbox import soql
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.salesforce_paths import resolve, table_of
from centri.sandbox.salesforce_query import run
from centri.sandbox.salesforce_where import Where
from centri.sandbox.state import Refused

T = 1_767_225_600  # 2026-01-01T00:00:00Z


@pytest.fixture(scope="module")
def org() -> SalesforceOrg:
    """Sixty accounts over ten seconds, some deleted, some without a city; two contacts."""
    org, dice = SalesforceOrg(), random.Random(3)
    for number in range(60):
        values = {"Name": f"Company {number:02}", "NumberOfEmployees": dice.choice([None, 5, 50, 500])}
        values |= {"BillingCity": dice.choice([None, "Berlin", "berlin", "Zürich"]), "OwnerId": org.integration_user}
        values = {k: v for k, v in values.items() if v is not None}
        made = org.load("Account", values, created=T - 30 + number // 2, modified=T + number // 6)
        if number % 10 == 9:
            org.clock.set(T + number // 6, frozen=True)
            org.delete("Account", made.id)
    acme = org.rows("Account")[0].id
    org.load("Contact", {"LastName": "O'Neil", "FirstName": "Ann", "AccountId": acme}, modified=T)
    org.load("Contact", {"LastName": "50% Off_er", "Email": "a@b.example"}, modified=T)
    return org


def names(org: SalesforceOrg, where: str, *, rest: str = "", object: str = "Account", deleted: bool = False) -> list[str]:
    found = run(org, f"SELECT Name FROM {object} WHERE {where} {rest}", "v62.0", deleted=deleted)
    return [found.draw(row)["Name"] for row in found.rows]


ID = "0015g000000000LAAQ"
AFTER = "SystemModstamp"
CONDITIONS = [
    "SystemModstamp >= 2026-01-01T00:00:04Z",
    "SystemModstamp > 2026-01-01T00:00:04Z AND SystemModstamp <= 2026-01-01T00:00:07Z",
    "SystemModstamp > 2026-01-01T00:00:04.500+00:00 AND SystemModstamp < 2026-01-01T02:00:08+02:00",
    "SystemModstamp = 2026-01-01T00:00:05Z AND Id > '0015g000000000XAAQ'",
    f"({AFTER} > 2026-01-01T00:00:03Z OR ({AFTER} = 2026-01-01T00:00:03Z AND Id > '{ID}')) AND {AFTER} >= 2026-01-01T00:00:03Z",
    "SystemModstamp > 2026-01-01T00:00:04Z OR NumberOfEmployees = 500",
    "NOT SystemModstamp > 2026-01-01T00:00:04Z",
    "LastModifiedDate > 2026-01-01T00:00:07Z",
    "CreatedDate > 2025-12-31T23:59:45Z",
    f"Id IN ('{ID}', '0015g000000000z', '0015g000000zzzzAAA') AND NumberOfEmployees != 7",
    f"Id = '{ID}' OR BillingCity = 'Zürich'",
    "BillingCity = 'BERLIN'",
    "BillingCity != 'Berlin'",
    "BillingCity = null AND NumberOfEmployees >= 50",
    "BillingCity IN ('berlin', null)",
    "BillingCity NOT IN ('berlin')",
    "(Name LIKE 'company 1%' OR Name LIKE '%_5') AND IsDeleted = FALSE",
    "NOT (NumberOfEmployees > 5 AND NumberOfEmployees < 500)",
    "Owner.Name = 'centri integration' AND NumberOfEmployees = 5.0",
]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("rest", ["", "ORDER BY SystemModstamp, Id", "ORDER BY Id"])
@pytest.mark.parametrize("deleted", [False, True])
def test_an_index_never_changes_the_answer(org, condition, rest, deleted):
    """Whatever way the rows are found, they are those that pass the condition one by one."""
    query = soql.parse(f"SELECT Name FROM Account WHERE {condition}")
    table = table_of(org, query)
    test = Where(query, lambda p: (t := resolve(org, query, table, p), (t.field, t.read))[1]).test(query.where)
    expected = [row for row in table.since(deleted=deleted) if test(row)]
    if rest == "ORDER BY Id":
        expected.sort(key=lambda row: row.id)
    found = names(org, condition, rest=rest, deleted=deleted)
    assert 0 < len(expected) < 60
    assert (found if rest else sorted(found)) == (
        [row.get("Name") for row in expected] if rest else sorted(row.get("Name") for row in expected)
    )


def test_text_is_compared_without_case_and_null_is_no_text(org):
    cities = {row.get("BillingCity") for row in org.rows("Account") if row.get("Name") in names(org, "BillingCity = 'BERLIN'")}
    assert cities == {"Berlin", "berlin"}
    unlike = {row.get("BillingCity") for row in org.rows("Account") if row.get("Name") in names(org, "BillingCity != 'Berlin'")}
    assert unlike == {None, "Zürich"}


def test_wildcards_and_escapes(org):
    assert names(org, r"LastName = 'O\'Neil'", object="Contact") == ["Ann O'Neil"]
    assert names(org, r"LastName LIKE '50\% off\_er'", object="Contact") == ["50% Off_er"]
    assert names(org, r"LastName LIKE '50\_%'", object="Contact") == []
    assert names(org, "LastName LIKE '%'", object="Contact") == ["Ann O'Neil", "50% Off_er"]


def test_parents_are_nested_and_null_where_there_is_none(org):
    found = run(org, "SELECT Id, Account.Name, Account.Owner.Name FROM Contact ORDER BY LastName", "v62.0")
    first, second = (found.draw(row) for row in found.rows)
    assert first["Account"] is None
    assert second["Account"]["Name"] == "Company 00"
    assert second["Account"]["attributes"]["type"] == "Account"
    assert second["Account"]["Owner"]["Name"] == "Centri Integration"


def test_nulls_come_first_unless_told_otherwise_and_ties_keep_the_next_field(org):
    def sizes(order):
        found = run(org, f"SELECT NumberOfEmployees, Name FROM Account ORDER BY {order}", "v62.0")
        return [(row.get("NumberOfEmployees"), row.get("Name")) for row in found.rows]

    up = sizes("NumberOfEmployees, Name DESC")
    heads = [size for size, _ in up]
    assert heads == [None] * heads.count(None) + sorted(h for h in heads if h is not None)
    assert [name for size, name in up if size == 50] == sorted((n for s, n in up if s == 50), reverse=True)
    down = [size for size, _ in sizes("NumberOfEmployees DESC NULLS LAST")]
    assert down == sorted((d for d in down if d is not None), reverse=True) + [None] * down.count(None)


def test_limit_and_offset_cut_after_sorting(org):
    everything = names(org, "Id != null", rest="ORDER BY Name")
    assert names(org, "Id != null", rest="ORDER BY Name LIMIT 3 OFFSET 2") == everything[2:5]
    with pytest.raises(Refused, match="Maximum SOQL offset allowed is 2000"):
        names(org, "Id != null", rest="LIMIT 3 OFFSET 2001")


def test_day_words_follow_the_orgs_clock(org):
    org.clock.set(T + 86400, frozen=True)
    assert len(names(org, "SystemModstamp = YESTERDAY OR SystemModstamp > YESTERDAY")) == org.count("Account")
    assert names(org, "SystemModstamp > TODAY") == []
    assert len(names(org, "SystemModstamp > LAST_N_DAYS:3")) == org.count("Account")


@pytest.mark.parametrize(
    ("query", "code", "column", "reason"),
    [
        ("SELECT Id FROM Lead WHERE Name == 'x'", "MALFORMED_QUERY", 33, "unexpected token: '='"),
        ("SELECT Id FROM Lead WHERE Name = 'x' AND City = 'y' OR City = 'z'", "MALFORMED_QUERY", 53, "unexpected token: 'OR'"),
        ("SELECT Id,, Name FROM Lead", "MALFORMED_QUERY", 11, "unexpected token: ','"),
        ("SELECT Id FROM", "MALFORMED_QUERY", 15, "unexpected token: '<EOF>'"),
        ("SELECT Id, Foo FROM Lead", "INVALID_FIELD", 12, "No such column 'Foo' on entity 'Lead'. If you are attempting"),
        ("SELECT Id FROM Lead WHERE Account.Name = 'x'", "INVALID_FIELD", 27, "Didn't understand relationship 'Account'"),
        ("SELECT Id FROM Xyzzy", "INVALID_TYPE", 16, "sObject type 'Xyzzy' is not supported. If you are attempting"),
        ("SELECT Id FROM Lead WHERE CreatedDate > '2020'", "INVALID_FIELD", 27, "must be of type dateTime and should not be"),
        ("SELECT Id FROM Lead WHERE Name = 5", "INVALID_FIELD", 27, "must be of type string and should be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", 27, "can not be filtered in a query call"),
        ("SELECT Id FROM Lead ORDER BY Description", "MALFORMED_QUERY", 30, "can not be sorted in a query call"),
        ("SELECT IsDeleted FROM User", "INVALID_FIELD", 8, "No such column 'IsDeleted' on entity 'User'."),
    ],
)
def test_a_refusal_points_at_the_place(org, query, code, column, reason):
    with pytest.raises(Refused) as refused:
        run(org, query, "v62.0")
    _, excerpt, caret, place, message = refused.value.message.split("\n")
    assert (refused.value.status, refused.value.code) == (400, code)
    assert place == f"ERROR at Row:1:Column:{column}"
    assert message.startswith(reason) or reason in message
    assert caret.endswith("^")
    assert query[column - 1 :].startswith(excerpt[len(caret) - 1 :])


def test_a_malformed_id_is_no_filter(org):
    with pytest.raises(Refused, match="invalid ID field: nonsense"):
        names(org, "Id = 'nonsense'")
