"""Which change of a run goes back, which is left, and because of what: the table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centri.records import PRM, Ref
from centri.sync.link import Link, LinkState, agreed, undecided
from centri.sync.undo import LINK, Change, Fate, Inverse, Row, Told, rewound, undo_row, undo_told

REF = Ref(PRM, "account", "7")
CRM = Ref("east", "Account", "A1")
A, B = ("city", "Ulm", "Bonn"), ("city", "Bonn", "Kiel")
RULE = Change("state", "new", "ready", by_rule=True)
MADE = Change(None, None, {"name": "Globex"})
BLANK = {"name": None, "city": None, "kind": "prospect"}
KEPT = {"name": "Globex", "city": None, "kind": "prospect"}

ROWS = [  # what the run did, what the row holds now, what becomes of it, because
    ("changed", [Change(*A)], {"city": "Bonn"}, "back"),
    ("changed since", [Change(*A)], {"city": "Hamm"}, "left alone: changed since"),
    ("changed back since", [Change(*A)], {"city": "Ulm"}, "already back"),
    ("changed twice", [Change(*A), Change(*B)], {"city": "Kiel"}, "back"),
    ("changed there and back", [Change(*A), Change("city", "Bonn", "Ulm")], {"city": "Ulm"}, ""),
    ("blank is not empty", [Change("city", None, "Bonn")], {"city": ""}, "left alone: changed since"),
    ("deleted since", [Change(*A)], {"city": "Bonn", "deleted_at": "2026"}, "left alone: the row is deleted"),
    ("no row any more", [Change(*A)], None, "left alone: the row is deleted"),
    ("deleted by the run", [Change("deleted_at", None, "2026")], {"deleted_at": "2026"}, "back"),
    ("only a rule", [RULE], {"state": "ready"}, ""),
    ("a rule after the run", [Change(*A), RULE], {"city": "Bonn", "state": "ready"}, "back, back"),
    ("kept by the engine, moved on", [Change("matched_at", "1", None)], {"matched_at": "2"}, ""),
    ("kept by the engine, as left", [Change("matched_at", "1", "2")], {"matched_at": "2"}, "back"),
    ("made", [MADE], KEPT, "removed: the run made it"),
    ("made and matched", [MADE, RULE], {**KEPT, "state": "ready"}, "removed: the run made it"),
    ("made, then filled in", [MADE], {**KEPT, "city": "Ulm"}, "left alone: worked on since: city"),
    ("made, then classed", [MADE], {**KEPT, "kind": "customer"}, "left alone: worked on since: kind"),
    ("made, deleted since", [MADE], {**KEPT, "deleted_at": "2026"}, "already back: it is deleted"),
    ("made, gone", [MADE], None, "already back: it is deleted"),
    (
        "matched",
        [Change(LINK, None, ["east", "Account", "A1", "mirror"])],
        {},
        "left alone: matched to a row that was there; the link stays",
    ),
]


@pytest.mark.parametrize(("changes", "values", "expected"), [r[1:] for r in ROWS], ids=[r[0] for r in ROWS])
def test_rows(changes, values, expected):
    found = undo_row(changes, Row(REF, values, blank=BLANK, following={"matched_at"}))
    assert ", ".join(f"{i.fate}: {i.because}" if i.because else str(i.fate) for i in found) == expected


def test_a_row_in_use_is_left():
    (found,) = undo_row([MADE], Row(REF, KEPT, users=("contact", "note"), blank=BLANK))
    assert (found.fate, found.because) == (Fate.LEFT, "in use: contact, note")


def link(state=LinkState.ACTIVE, *, converted=False, crm=CRM, **seen):
    return Link(crm, REF, state=state, crm_seen=seen, converted=converted)


DELIVERIES = [  # the link, the CRM's values made of ours, what is on its way, what becomes of City, told Bonn after Ulm
    ("as told", link(City="Bonn"), {}, {}, "told back"),
    ("changed since", link(City="Hamm"), {}, {}, "left alone: changed since"),
    ("seen changed, not decided", link(City=undecided("Hamm", "Bonn")), {}, {}, "left alone: changed since"),
    ("back already", link(City="Ulm"), {}, {}, "already back"),
    ("tidied", link(City="BONN"), {"City": "BONN"}, {}, "told back"),
    ("tidied, then changed", link(City="Bonn"), {"City": "BONN"}, {}, "left alone: changed since"),
    ("on its way back", link(City="Bonn"), {}, {"City": "Ulm"}, "already back: on its way"),
    ("something else on its way", link(City="Bonn"), {}, {"City": "Kiel"}, "told back"),
    ("not linked", None, {}, {}, "left alone: it is not linked any more"),
    ("deleted", link(LinkState.DELETED_REMOTE, City="Bonn"), {}, {}, "left alone: it is not linked any more"),
    ("row taken away", link(LinkState.UNLINKED, City="Bonn"), {}, {}, "told back"),
    ("converted", link(converted=True, City="Bonn"), {}, {}, "left alone: it is read-only since its conversion"),
    ("merged", link(crm=CRM._replace(id="A2"), City="Bonn"), {}, {}, "left alone: it was merged into A2 since"),
]


@pytest.mark.parametrize(("linked", "stored", "waiting", "expected"), [d[1:] for d in DELIVERIES], ids=[d[0] for d in DELIVERIES])
def test_deliveries(linked, stored, waiting, expected):
    told = Told("account", CRM, creates=False, values={"City": "Bonn"}, stored=stored, seen={"City": "Ulm"})
    (found,) = undo_told(told, linked, waiting)
    assert (f"{found.fate}: {found.because}" if found.because else str(found.fate)) == expected


def test_what_it_held_before_must_be_known():
    (found,) = undo_told(Told("account", CRM, creates=False, values={"City": "Bonn"}, stored={}, seen={}), link(City="Bonn"), {})
    assert (found.fate, found.because) == (Fate.LEFT, "what it held before is not known")


def test_our_id_stays_as_long_as_the_link_does():
    told = Told("account", CRM, creates=False, values={"OurId": "7"}, stored={}, seen={"OurId": None}, key="OurId")
    assert undo_told(told, link(OurId="7"), {}) == []
    (found,) = undo_told(told, link(LinkState.UNLINKED, OurId="7"), {})
    assert (found.fate, found.back) == (Fate.TOLD_BACK, None)


def test_a_record_made_in_the_crm_is_for_hands():
    made = Told("account", Ref("east", "Account", ""), creates=True, values={"City": "Bonn"}, stored={}, seen={})
    (found,) = undo_told(made, link(City="Bonn"), {})
    assert (found.fate, found.ref) == (Fate.BY_HAND, CRM)


VALUES = st.sampled_from(["Ulm", "Bonn", "Kiel", None, "", 0, False])


@given(crm=VALUES, gone=VALUES, back=VALUES, waits=st.none() | VALUES.map(lambda v: (v,)))
def test_a_link_wound_back_remembers_the_old_value_and_what_waits_goes_on_waiting(crm, gone, back, waits):
    held = undecided(waits[0], crm) if waits else crm
    before = Link(CRM, REF, crm_seen={"City": held, "Name": "Globex"}, prm_seen={"city": gone, "name": "Globex"})
    after = rewound(before, {"city": ("City", gone, back)})
    assert after.prm_seen == {"city": back, "name": "Globex"}
    assert after.crm_seen == before.crm_seen


@given(held=VALUES, then=VALUES, gone=st.just("merged"), back=VALUES)
def test_a_value_gone_that_was_never_agreed_leaves_both_sides_agreed(held, then, gone, back):
    before = Link(CRM, REF, crm_seen={"City": undecided(held, then)}, prm_seen={"city": then})
    after = rewound(before, {"city": ("City", gone, back)})
    assert (agreed(after.crm_seen["City"]), agreed(after.prm_seen["city"])) == (held, back)


def test_what_is_undone_is_named_whole():
    row = Row(REF, {"city": "Bonn"})
    assert undo_row([Change(*A)], row) == [Inverse(Fate.BACK, "account", REF, "city", "Bonn", "Ulm")]
    matched = Change(LINK, None, ["east", "Account", "A1", "mirror"])
    (linked,) = undo_row([matched], row)
    assert (linked.entity, linked.ref) == ("account", CRM)
    (made,) = undo_row([MADE], Row(REF, {**KEPT, "city": "Ulm", "kind": "customer"}, blank=BLANK))
    assert (made.entity, made.ref, made.because) == ("account", REF, "worked on since: city, kind")


def test_a_write_that_is_told_back_is_named_whole():
    told = Told("account", CRM, False, {"City": "Bonn", "Size": 0}, {}, {"City": "Ulm", "Size": None})
    assert undo_told(told, link(City="Bonn", Size=0), {}) == [
        Inverse(Fate.TOLD_BACK, "account", CRM, "City", "Bonn", "Ulm"),
        Inverse(Fate.TOLD_BACK, "account", CRM, "Size", 0, None),
    ]
    unknown = Told("account", CRM, False, {"City": None, "Name": "a"}, {}, {})
    because = "what it held before is not known"
    assert undo_told(unknown, link(City=None, Name="a"), {}) == [
        Inverse(Fate.LEFT, "account", CRM, "City", None, None, because),
        Inverse(Fate.LEFT, "account", CRM, "Name", "a", None, because),
    ]


def test_what_the_run_made_in_the_crm_is_for_a_person_to_delete():
    because = "the run made it; delete it by hand, if wanted"
    told = Told("account", CRM, True, {"City": "Bonn"}, {}, {})
    moved = Ref("east", "Account", "A2")
    assert undo_told(told, None, {}) == [Inverse(Fate.BY_HAND, "account", CRM, because=because)]
    assert undo_told(told, link(crm=moved), {}) == [Inverse(Fate.BY_HAND, "account", moved, because=because)]


def test_a_field_that_the_link_knows_nothing_of_is_not_blank():
    told = Told("account", CRM, False, {"City": "Bonn"}, {}, {"City": None})
    (found,) = undo_told(told, link(), {})
    assert (found.fate, found.because) == (Fate.LEFT, "changed since")
    known = rewound(link(City=undecided("Bonn", "Ulm")), {"city": ("City", None, "Ulm")})
    assert known.crm_seen["City"] == "Bonn"
