"""What a programme allows of a registered deal."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from centri.errors import Rejected
from centri.partners import deals
from centri.partners.lifecycle import DEAL, check

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROGRAM = {
    "code": "DR-STD",
    "required_fields": ["account", "contact_email", "product_family", "amount", "close_date"],
    "protection_days": 90,
    "response_hours": 48,
    "extension_policy": "once",
    "extension_days": 30,
    "resubmissions": None,
    "auto_approve_when": None,
    "margin_pct": 5.0,
}
DEAL_ROW = {
    "id": "one", "number": "DR-0001", "revision_no": 1, "state": "approved", "partner_account_id": "alpine",
    "account_id": "globex", "account_name": "Globex", "contact_email": "ada@globex.example", "product_family": "ZT",
    "amount": Decimal(60000), "close_date": T0.date(), "expires_at": T0 + timedelta(days=90),
    "response_due_at": T0 + timedelta(hours=48),
}  # fmt: skip


def deal(**other):
    return DEAL_ROW | other


@pytest.mark.parametrize(
    ("values", "lacking"),
    [
        ({}, ()),
        ({"account_id": None}, ()),
        ({"account_id": None, "account_name": None}, ("account",)),
        ({"product_family": "*"}, ("product_family",)),
        ({"amount": Decimal(0)}, ()),
        ({"close_date": None, "contact_email": ""}, ("contact_email", "close_date")),
    ],
    ids=["complete", "a name is enough", "no account", "any product is none", "nothing is an amount", "two at once"],
)
def test_what_is_missing(values, lacking):
    assert deals.missing(PROGRAM, deal(**values)) == lacking


def test_times():
    assert deals.response_due(PROGRAM, T0) == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert deals.protected_until(PROGRAM, datetime(2026, 3, 3, 9, tzinfo=UTC)) == datetime(2026, 6, 1, 9, tzinfo=UTC)


def test_an_answer_is_overdue_after_its_time_and_only_while_it_is_owed():
    due = T0 + timedelta(hours=48)
    assert not deals.is_overdue(deal(state="submitted"), due)
    assert deals.is_overdue(deal(state="submitted"), due + timedelta(seconds=1))
    assert not deals.is_overdue(deal(state="returned"), due + timedelta(days=1))


def test_protection_lapses_after_its_time_unless_more_is_asked_for():
    late = T0 + timedelta(days=90, seconds=1)
    assert deals.has_lapsed(deal(), late, extension_pending=False)
    assert not deals.has_lapsed(deal(), T0 + timedelta(days=90), extension_pending=False)
    assert not deals.has_lapsed(deal(), late, extension_pending=True)
    assert not deals.has_lapsed(deal(state="won"), late, extension_pending=False)


def test_the_customer_stands_still_once_the_vendor_has_seen_the_deal():
    deals.require_editable(deal(state="draft"), ["account_name"])
    deals.require_editable(deal(state="returned"), ["close_date"])
    for state, field in (("returned", "account_name"), ("submitted", "close_date"), ("under_review", "amount")):
        with pytest.raises(Rejected, match=f"{field} cannot change while the deal is"):
            deals.require_editable(deal(state=state), [field])


@pytest.mark.parametrize(
    ("policy", "earlier", "days", "words"),
    [
        ("none", [], 30, "gives no extensions"),
        ("once", ["rejected"], 30, "gives one extension"),
        ("once", ["pending"], 30, "asked for already"),
        ("unlimited", ["approved", "pending"], 30, "asked for already"),
        ("unlimited", [], 31, "extends by 1 to 30 days"),
        ("once", [], 0, "extends by 1 to 30 days"),
    ],
)
def test_extensions_that_a_programme_does_not_give(policy, earlier, days, words):
    program = PROGRAM | {"extension_policy": policy}
    with pytest.raises(Rejected, match=words):
        deals.extended_until(program, deal(), [{"state": state} for state in earlier], days)


@pytest.mark.parametrize(("policy", "earlier"), [("once", []), ("unlimited", ["approved", "rejected"])])
def test_extensions_that_it_gives(policy, earlier):
    program = PROGRAM | {"extension_policy": policy}
    earlier = [{"state": state} for state in earlier]
    assert deals.extended_until(program, deal(), earlier, 10) == T0 + timedelta(days=100)
    assert deals.extended_until(program, deal(), earlier, None) == T0 + timedelta(days=120)


def test_only_what_is_approved_is_extended():
    with pytest.raises(Rejected, match="this one is under review"):
        deals.extended_until(PROGRAM, deal(state="under_review"), [], None)


def test_how_often_a_deal_comes_again():
    twice = PROGRAM | {"resubmissions": 2}
    for state in ("rejected", "expired"):
        deals.require_resubmittable(twice, deal(state=state, revision_no=2))
        with pytest.raises(Rejected, match="allows 2 resubmissions"):
            deals.require_resubmittable(twice, deal(state=state, revision_no=3))
    deals.require_resubmittable(twice, deal(state="returned", revision_no=9))
    deals.require_resubmittable(PROGRAM, deal(state="rejected", revision_no=99))
    with pytest.raises(Rejected, match="this one is approved"):
        deals.require_resubmittable(PROGRAM, deal())


@pytest.mark.parametrize(
    ("other", "stands"),
    [
        ({}, True),
        ({"product_family": "zt"}, True),
        ({"product_family": "*"}, True),
        ({"product_family": "EDR"}, False),
        ({"account_id": "initech"}, False),
        ({"state": "expired"}, False),
        ({"id": "mine"}, False),
    ],
)
def test_one_approved_registration_for_an_account_and_product(other, stands):
    mine = deal(id="mine", number="DR-0002", state="submitted", partner_account_id="bavaria")
    assert bool(deals.rivals(mine, [deal(**other)])) == stands


def test_a_deal_is_contested_by_other_partners_only():
    mine = deal(id="mine", state="submitted", partner_account_id="bavaria")
    assert deals.is_contested(mine, [deal(state="under_review")])
    assert not deals.is_contested(mine, [deal(state="under_review", partner_account_id="bavaria")])
    assert not deals.is_contested(mine, [deal(state="rejected"), deal(product_family="EDR")])


@pytest.mark.parametrize(
    ("when", "approves"),
    [
        (None, False),
        ({}, False),
        ({"amount_at_most": 60000}, True),
        ({"amount_at_most": 59999}, False),
        ({"tiers": ["gold"]}, True),
        ({"tiers": ["silver"]}, False),
        ({"product_families": ["ZT"], "score_below": 0.5}, True),
        ({"product_families": ["EDR"]}, False),
        ({"tiers": ["gold"], "score_below": 0.3}, False),
    ],
)
def test_what_needs_no_person(when, approves):
    program = PROGRAM | {"auto_approve_when": when}
    assert approves == deals.approves_itself(program, deal(state="submitted"), {"tier": "gold"}, [0.3, 0.1])


def test_what_is_incomplete_always_needs_one():
    program = PROGRAM | {"auto_approve_when": {"tiers": ["gold"]}}
    assert not deals.approves_itself(program, deal(amount=None), {"tier": "gold"}, [])


def test_credit_is_exact_to_the_cent():
    assert deals.credit(PROGRAM, deal()) == Decimal("3000.00")
    assert deals.credit(PROGRAM | {"margin_pct": 2.5}, deal(amount=Decimal("0.20"))) == Decimal("0.01")
    assert deals.credit(PROGRAM, deal(amount=None)) is None


def test_likeness_falls_with_the_product():
    scores = [deals.likeness(0.95, "ZT", other)[0] for other in ("ZT", None, "EDR")]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 0.95
    assert deals.likeness(0.95, "ZT", "ZT")[1] == "same account and product"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("draft", "approved"), ("returned", "approved"), ("under_review", "withdrawn"), ("rejected", "submitted"),
        ("expired", "approved"), ("won", "lost"), ("approved", "withdrawn"), (None, "won"),
    ],
)  # fmt: skip
def test_what_cannot_follow(old, new):
    with pytest.raises(Rejected, match="deal registration"):
        check(DEAL, old, new)
