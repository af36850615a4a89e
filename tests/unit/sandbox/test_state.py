"""The sandbox's state: order, look-ups, all-or-nothing, the clock and going back to the start."""

from __future__ import annotations

import random

import pytest

from centri.sandbox import rows
from centri.sandbox.rows import Ordered, Row, order
from centri.sandbox.salesforce_ids import Ids, long_id, suffix
from centri.sandbox.salesforce_org import SalesforceOrg
from centri.sandbox.state import Refused


@pytest.fixture
def org() -> SalesforceOrg:
    return SalesforceOrg()


def row(id: str, stamp: int) -> Row:
    return Row(id, {}, stamp, "u", stamp, "u", stamp)


def test_rows_stay_in_order_through_adds_and_removals(monkeypatch):
    monkeypatch.setattr(rows, "CHUNK", 4)
    dice, ordered, held = random.Random(7), Ordered(), {}
    for number in range(400):
        new = row(f"{number:04}", dice.randrange(20))
        ordered.add(new)
        held[new.id] = new
        if number % 3 == 0:
            gone = held.pop(dice.choice(sorted(held)))
            ordered.remove(gone)
    expected = sorted(held.values(), key=order)
    assert list(ordered.since(None)) == expected
    for low in [(0, ""), (7, ""), (7, "0200"), (19, "9"), (25, "")]:
        assert list(ordered.since(low)) == [one for one in expected if order(one) >= low]
    middle = order(expected[len(expected) // 2])
    assert list(ordered.since(middle, inclusive=False)) == [one for one in expected if order(one) > middle]


def test_loaded_rows_are_sorted_in_before_the_first_reader_looks(org):
    for number, stamp in enumerate([30, 10, 20]):
        org.load("Account", {"Name": str(number)}, modified=stamp)
    assert [one.stamp for one in org.rows("Account")] == [10, 20, 30]


def test_twenty_thousand_rows_with_one_stamp_page_without_loss(org):
    made = {org.load("Account", {"Name": "x"}, modified=1000).id for _ in range(20_000)}
    seen, low = set(), (1000, "")
    while page := [one for one, _ in zip(org.table("Account").since(low, inclusive=False), range(777), strict=False)]:
        seen.update(one.id for one in page)
        low = order(page[-1])
    assert seen == made


def test_a_written_row_leaves_the_reader_of_the_old_one_alone(org):
    before = org.create("Account", {"Name": "Acme"})
    org.update("Account", before.id, {"Name": "Borealis"})
    assert before.get("Name") == "Acme"
    assert org.get("Account", before.id).get("Name") == "Borealis"


def test_a_key_is_found_in_any_case_and_forgotten_when_it_changes(org):
    one = org.create("Account", {"Name": "Acme", "CENTRI_PRM_Id__c": "Abc"})
    table = org.table("Account")
    assert table.find("CENTRI_PRM_Id__c", "aBC") == [one]
    two = org.update("Account", one.id, {"CENTRI_PRM_Id__c": "other"})
    assert table.find("CENTRI_PRM_Id__c", "abc") == []
    assert table.find("CENTRI_PRM_Id__c", "OTHER") == [two]


def test_rows_come_by_id_also_after_an_id_out_of_turn(org):
    ids = [org.load("Account", {"Name": "x"}, id=f"0015g0000000{n:03}AAA").id for n in (5, 9, 2, 7)]
    org.load("Account", {"Name": "again"}, id=ids[1])
    assert [one.id for one in org.table("Account").from_id("0015g0000000005AAA")] == sorted(ids)[1:]


def test_a_transaction_that_fails_puts_every_row_back(org):
    kept = org.create("Account", {"Name": "kept"})

    def fail():
        with org.transaction():
            org.update("Account", kept.id, {"Name": "changed"})
            org.create("Contact", {"LastName": "Doe", "AccountId": kept.id})
            with org.transaction():
                org.delete("Account", kept.id)
            org.create("Contact", {})

    with pytest.raises(Refused):
        fail()
    assert org.rows("Account") == [kept]
    assert org.rows("Contact", deleted=True) == []
    assert org.table("Account").deleted == 0


def test_reset_goes_back_to_the_remembered_rows(org):
    kept = org.create("Account", {"Name": "kept"})
    org.remember()
    org.update("Account", kept.id, {"Name": "changed"})
    org.create("Account", {"Name": "new"})
    org.clock.shift(500)
    org.reset()
    assert org.rows("Account") == [kept]
    assert org.clock.offset == 0
    assert org.person(None) == org.integration_user


def test_the_clock_stands_runs_ahead_and_stamps_what_is_written(org):
    org.clock.set(1_000_000, frozen=True)
    first, second = org.create("Account", {"Name": "a"}), org.create("Account", {"Name": "b"})
    assert (first.stamp, second.stamp) == (1_000_000, 1_000_000)
    org.clock.set(2_000_000, frozen=True)
    assert org.update("Account", first.id, {"Name": "c"}).stamp == 2_000_000
    assert org.get("Account", first.id).created == 1_000_000


def test_a_session_ends_with_its_lifetime_or_at_once(org):
    org.clock.set(1000, frozen=True)
    org.sessions.open("t", "u", lifetime=10)
    assert org.sessions.find("t")
    org.clock.set(1010, frozen=True)
    assert org.sessions.find("t") is None
    org.sessions.open("s", "u")
    org.sessions.open("r", "u", kind="refresh")
    org.sessions.expire()
    assert org.sessions.find("s") is None
    assert org.sessions.find("r", kind="refresh")
    assert org.sessions.find("r") is None


def test_a_person_is_found_by_id_name_or_mail_and_nobody_else_is(org):
    kim = org.load("User", {"Username": "kim@acme.example", "Email": "kim@acme.example", "LastName": "Kim"}).id
    assert [org.person(kim), org.person("kim@acme.example"), org.person("Kim")] == [kim] * 3
    with pytest.raises(KeyError):
        org.person("nobody")


@pytest.mark.parametrize("id", ["0010Y00002Ba1PXQAZ", "005i0000002fUzsAAE", "00Q5g0000000001EAA"])
def test_the_suffix_of_an_id_tells_its_capitals(id):
    assert suffix(id[:15]) == id[15:]
    assert long_id(id[:15]) == long_id(id) == id
    assert long_id(id[:15] + ("AAB" if id[15:] != "AAB" else "AAC")) is None


def test_ids_rise_and_repeat_with_every_new_org():
    first, second = Ids(), Ids()
    made = [first.next("001") for _ in range(200)]
    assert made == sorted(set(made)) == [second.next("001") for _ in range(200)]
