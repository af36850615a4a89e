"""Who of a pool may have a lead, and who is offered it first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from world_of_partners import (
    ALL,
    DE_SMB,
    FR_RESELLERS,
    P1,
    P2,
    P3,
    P4,
    P5,
    P6,
    P7,
    P8,
    has,
    lead,
    partner,
    pinned,
    when,
)

from centri.errors import Rejected
from centri.partners.admission import Choice, Code, admits
from centri.partners.conditions import Test
from centri.partners.facts import PartnerUser
from centri.partners.lifecycle import ASSIGNMENT, check
from centri.partners.partner_words import distance
from centri.partners.pools import Caps, Member, Next, Pool, Strategy
from centri.partners.ranking import ranked
from centri.partners.tank import Offer, accepted, after, declined, lapsed, offers, withdrawn

JUNG = lead("DE", segment_code="SMB")
ON_LEAVE = PartnerUser("u", "rita@alpine.example", status="on_leave")

REFUSED = {
    "fits": (DE_SMB, P1, JUNG, None, None),
    "another country": (DE_SMB, P3, JUNG, Code.CRITERIA, "country is FR, not DE"),
    "no such competency": (DE_SMB, P4, JUNG, Code.CRITERIA, "competency is network, not security"),
    "inactive": (DE_SMB, P5, JUNG, Code.INACTIVE, "Elbe Networks GmbH is inactive"),
    "barred": (DE_SMB, P2, replace(JUNG, excluded={"P2": "retain_timeout"}), Code.EXCLUDED, "from this lead (retain timeout)"),
    "takes no leads": (DE_SMB, replace(P1, accepts_leads=False), JUNG, Code.AWAY, "does not accept leads"),
    "everybody on leave": (DE_SMB, replace(P1, users=(ON_LEAVE,)), JUNG, Code.AWAY, "has nobody who receives leads"),
    "its own cap": (DE_SMB, replace(P1, open_leads=5, max_open_leads=5), JUNG, Code.OVER_CAP, "5 open leads, and 5 is the most"),
    "below its own cap": (DE_SMB, replace(P1, open_leads=4, max_open_leads=5), JUNG, None, None),
    "the pool's cap": (replace(DE_SMB, caps=Caps(day=2)), replace(P1, offers_today=3), JUNG, Code.OVER_CAP, "3 offers today"),
    "the smaller cap": (
        replace(DE_SMB, caps=Caps(open=9)), replace(P1, open_leads=2, max_open_leads=2), JUNG, Code.OVER_CAP, "2 is the most",
    ),
    "the account is another's": (DE_SMB, P2, replace(JUNG, protections=(pinned("P1"),)), Code.PROTECTED, "protected for others"),
    "the account is its own": (DE_SMB, P1, replace(JUNG, protections=(pinned("P1"),)), None, None),
    "no member": (replace(DE_SMB, members=(Member("bavaria it ag"),)), P1, JUNG, Code.NOT_MEMBER, "no member of de_smb"),
    "a member by name": (replace(DE_SMB, members=(Member("bavaria it ag"),)), P2, JUNG, None, None),
    "a member by id": (replace(DE_SMB, members=(Member("P2"),)), P2, JUNG, None, None),
}  # fmt: skip


@pytest.mark.parametrize(("pool", "partner", "lead", "code", "why"), REFUSED.values(), ids=REFUSED)
def test_why_a_pool_may_not_give_a_partner_a_lead(pool, partner, lead, code, why):
    refusal = admits(pool, partner, lead)
    assert (refusal.code if refusal else None) == code
    assert why is None or why in str(refusal)


def test_criteria_may_refer_to_the_lead():
    pool = Pool(
        "near", criteria=when(has("country", "country", test=Test.SAME_AS), has("competency", "product", test=Test.SAME_AS))
    )
    french = lead("FR", product_interest=["backup", "security"])
    assert admits(pool, P3, french) is None
    assert str(admits(pool, P2, french)) == "country is DE, and the lead's is FR"
    assert str(admits(pool, P3, lead("FR"))) == "competency is security, and the lead's is nothing"
    assert str(admits(pool, P1, lead(None))).startswith("country is DE, and the lead's is nothing")


def test_one_choice_for_many_leads_answers_as_one_by_one():
    pool = Pool("near", criteria=when(has("country", "country", test=Test.SAME_AS)), caps=Caps(open=2))
    choice = Choice(pool, ALL)
    loads = {"P1": (2, 0)}
    for given in (lead("DE"), lead("FR"), lead("DE", product_interest=["x"])):
        found = choice.of(given, loads)
        loaded = [replace(p, open_leads=loads.get(p.id, (0, 0))[0]) for p in ALL]
        assert [p.id for p in found.admitted] == [p.id for p in loaded if admits(pool, p, given) is None]
        assert found.refused == {p.id: refusal for p in loaded if (refusal := admits(pool, p, given))}


def test_criteria_on_what_changes_are_asked_anew():
    choice = Choice(Pool("idle", criteria=when(has("open_leads", 1, test=Test.AT_MOST))), [P1, P2])
    assert [p.id for p in choice.of(JUNG, {"P1": (2, 0)}).admitted] == ["P2"]
    assert [p.id for p in choice.of(JUNG, {"P1": (1, 0)}).admitted] == ["P1", "P2"]


def test_the_order_is_that_of_the_members_else_of_the_names():
    listed = Pool("x", Strategy.ORDER, members=(Member("Havel Tech GmbH"), Member("P1"), Member("Zulu AG")))
    choice = Choice(listed, ALL)
    assert [p.id for p in choice.of(JUNG).admitted] == ["P8", "P1"]
    assert choice.strangers == ("Zulu AG",)
    assert [p.id for p in Choice(Pool("x"), (P2, P3, P1)).of(JUNG).admitted] == ["P1", "P2", "P3"]


def test_what_is_stored_names_few_and_counts_many():
    few = Choice(DE_SMB, ALL).of(replace(JUNG, excluded={"P2": "declined"})).as_json()
    assert few["admitted"] == ["P1", "P6", "P7", "P8"]
    assert few["held_back"] == {"P2": "Bavaria IT AG is excluded from this lead (declined)"}
    assert sorted(few["outside"]) == ["P3", "P4", "P5"]
    many = Choice(DE_SMB, [partner(f"F{i}", f"F{i}", "FR") for i in range(30)]).of(JUNG).as_json()
    assert many["outside"] == {"criteria": 30}
    german = [partner(f"G{i}", f"G{i:02}") for i in range(30)]
    given = replace(JUNG, excluded={p.id: "declined" for p in german[:25]})
    assert Choice(DE_SMB, german).of(given).as_json() == {
        "admitted": ["G25", "G26", "G27", "G28", "G29"], "held_back": {"excluded": 25}, "outside": {},
    }  # fmt: skip
    told = offers(DE_SMB, JUNG, german).as_json()
    assert ([len(told["offered"]), len(told["cut_by_max_offers"])], told["cut_besides"]) == ([4, 5], 21)


# the tank -------------------------------------------------------------------------------------------------------------


def test_sc3_at_most_so_many_are_offered_it_best_first():
    found = offers(DE_SMB, JUNG, Choice(DE_SMB, ALL).of(JUNG).admitted)
    assert [(r.partner.id, r.rank) for r in found.offered] == [("P1", 1), ("P2", 2), ("P6", 3), ("P7", 4)]
    assert [r.partner.id for r in found.cut] == ["P8"]
    assert found.offered[0].why == "no product asked for, performance 80, the same country"
    assert found.as_json()["cut_by_max_offers"][0]["partner"] == "P8"


def test_sc3_whoever_was_barred_is_not_offered_it_again():
    again = replace(JUNG, excluded={"P2": "retain_timeout"})
    assert [r.partner.id for r in offers(DE_SMB, again, Choice(DE_SMB, ALL).of(again).admitted).offered] == [
        "P1",
        "P6",
        "P7",
        "P8",
    ]


MUNICH = {"city": "München", "state_code": "BY", "country_code": "DE"}
RANKING = {
    "performance": (("performance",), [P4, P1, replace(P2, performance_score=None)], ["P1", "P4", "P2"]),
    "expertise": (("expertise", "performance"), [P2, P4, P1], ["P1", "P4", "P2"]),
    "reach": (
        ("reach",),
        [P3, P6, replace(P7, state="BY"), replace(P8, city="münchen"), partner("P9", "A", "US")],
        ["P8", "P7", "P6", "P3", "P9"],
    ),
    "distance": (
        ("distance",),
        [P1, replace(P2, lat=52.52, lng=13.4), replace(P6, lat=48.14, lng=11.58)],
        ["P6", "P2", "P1"],
    ),
    "open leads": (("open_leads",), [replace(P1, open_leads=3), P2], ["P2", "P1"]),
    "of equals, by name": (("reach",), [P8, P7, P6], ["P6", "P7", "P8"]),
}


@pytest.mark.parametrize(("by", "partners", "order"), RANKING.values(), ids=RANKING)
def test_ranking(by, partners, order):
    given = replace(lead(**MUNICH, product_interest=["network"], country="DE"), lat=48.14, lng=11.58)
    for one in (partners, partners[::-1]):
        assert [r.partner.id for r in ranked(by, tuple(one), given)] == order


def test_distance_is_that_of_the_great_circle():
    berlin, munich = replace(P1, lat=52.52, lng=13.405), replace(JUNG, lat=48.137, lng=11.575)
    assert distance(berlin, munich) == pytest.approx(504, abs=2)
    assert distance(P1, munich) is None


THREE = (Offer("o1", "P1"), Offer("o2", "P2", "viewed"), Offer("o3", "P6", "declined"))


def test_the_first_acceptance_wins_and_the_others_have_lost_the_race():
    answered = accepted(THREE, "P2")
    assert (answered.offers, answered.assignment) == ({"o2": "accepted", "o1": "lost_race"}, "accepted")
    with pytest.raises(Rejected, match="already taken") as refused:
        accepted([Offer("o1", "P1", "lost_race"), Offer("o2", "P2", "accepted")], "P1")
    assert refused.value.kind == "illegal_transition"


@pytest.mark.parametrize("answer", [accepted, declined])
def test_only_an_open_offer_of_ones_own_is_answered(answer):
    for who, said in (("P6", "it was declined"), ("P9", "not offered this lead")):
        with pytest.raises(Rejected, match=said):
            answer(THREE, who)


def test_the_last_to_decline_ends_it():
    first = declined(THREE, "P1")
    assert (first.offers, first.assignment) == ({"o1": "declined"}, None)
    assert declined([THREE[1]], "P2").assignment == "declined"


@pytest.mark.parametrize(("end", "state"), [(lapsed, "expired"), (withdrawn, "withdrawn")])
def test_what_is_still_open_ends_with_the_assignment(end, state):
    answered = end(THREE)
    assert (answered.offers, answered.assignment) == ({"o1": state, "o2": state}, state)
    check(ASSIGNMENT, "offered", answered.assignment)


AGAIN, FALLBACK = (Next("pool", "de_smb"),), DE_SMB.fallback
NEXT = [
    (DE_SMB, "pulled_back", AGAIN + FALLBACK),
    (DE_SMB, "withdrawn", AGAIN + FALLBACK),
    (DE_SMB, "declined", FALLBACK),
    (DE_SMB, "expired", FALLBACK),
    (DE_SMB, "empty", FALLBACK),
    (FR_RESELLERS, "declined", (Next("pool", "fr_resellers"),)),
    (FR_RESELLERS, "empty", ()),
]


@pytest.mark.parametrize(("pool", "ended", "expected"), NEXT)
def test_where_a_lead_goes_from_a_pool(pool, ended, expected):
    assert after(pool, ended) == expected
