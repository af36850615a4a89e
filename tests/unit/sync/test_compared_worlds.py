"""When a store that is there comes to what a fresh load would give: a table of worlds."""

import pytest

from centri.sync.diff import Arrival, Change, Place, Reason, Subject, World, compare

ROW, CRM = Place("east", "lead", "Lead", "L1"), Place("east", "", "Lead", "L1")
ONCE, CRM_EDIT, PRM_EDIT, STAYS = Arrival
OLD, NEW, THIRD = {"city": "Bonn"}, {"city": "BONN"}, {"city": "Kiel"}

# base, head: fresh loads; once, later: the head deployed on the base; then old value, new value, arrival, or None
FIELDS = [
    (OLD, OLD, OLD, OLD, None),
    (OLD, NEW, NEW, NEW, ("Bonn", "BONN", ONCE)),
    (OLD, NEW, OLD, NEW, ("Bonn", "BONN", CRM_EDIT)),
    (OLD, NEW, OLD, OLD, ("Bonn", "BONN", STAYS)),
    (OLD, OLD, NEW, NEW, ("Bonn", "BONN", ONCE)),
    (OLD, OLD, OLD, NEW, ("Bonn", "BONN", CRM_EDIT)),
    (OLD, NEW, THIRD, THIRD, ("Bonn", "BONN", STAYS)),
    (OLD, {}, OLD, OLD, ("Bonn", None, STAYS)),
    ({"city": 0}, {"city": False}, {"city": 0}, {"city": 0}, (0, False, STAYS)),
    ({}, {"city": None}, {"city": None}, {"city": None}, None),
]


@pytest.mark.parametrize(("base", "head", "once", "later", "expected"), FIELDS)
@pytest.mark.parametrize(("place", "kind", "change"), [(ROW, "rows", Change.CHANGED), (CRM, "crm", Change.TOLD)])
def test_a_field(place, kind, change, base, head, once, later, expected):
    found = compare(*(World(**{kind: {place: values}}) for values in (base, head, once, later)))
    assert [(r.place, r.change, r.arrives, r.because) for r in found.records] == (
        [(place, change, expected[2], "")] if expected else []
    )
    assert [(f.field, f.old, f.new, f.arrives) for r in found.records for f in r.fields] == (
        [("city", *expected)] if expected else []
    )


PRESENCE = [
    (False, True, True, True, (Change.ENTERED, ONCE)),
    (False, True, False, True, (Change.ENTERED, CRM_EDIT)),
    (False, True, False, False, (Change.ENTERED, STAYS)),
    (True, False, False, False, (Change.LEFT, ONCE)),
    (True, False, True, False, (Change.LEFT, CRM_EDIT)),
    (True, False, True, True, (Change.LEFT, STAYS)),
]


@pytest.mark.parametrize(("base", "head", "once", "later", "expected"), PRESENCE)
def test_a_row_enters_or_leaves(base, head, once, later, expected):
    worlds = [
        World({ROW: OLD} if there else {}, outside={} if there else {ROW: "kept out"}) for there in (base, head, once, later)
    ]
    (found,) = compare(*worlds).records
    assert (found.place, found.change, found.arrives, found.because) == (ROW, *expected, "kept out")


@pytest.mark.parametrize(
    ("base", "head", "because"), [({}, {ROW: OLD}, "it was not mapped"), ({ROW: OLD}, {}, "it is not mapped any more")]
)
def test_a_row_that_no_filter_kept_out_was_not_mapped(base, head, because):
    (found,) = compare(World(base), World(head), World(head), World(head)).records
    assert found.because == because


@pytest.mark.parametrize("kind", ["rows", "crm"])
def test_a_record_that_the_store_does_not_hold_yet_is_as_it_was(kind):
    """Of a store that is there, what the head mapping leaves untouched is not looked at again."""
    place = {"rows": ROW, "crm": CRM}[kind]
    (found,) = compare(World(**{kind: {place: OLD}}), World(**{kind: {place: NEW}}), World(), World()).records
    assert (found.arrives, [f.arrives for f in found.fields]) == (STAYS, [STAYS])


def test_a_record_comes_as_soon_as_its_first_field():
    base, head = World({ROW: {"city": "Bonn", "name": "a"}}), World({ROW: {"city": "BONN", "name": "A"}})
    later = World({ROW: {"city": "Bonn", "name": "A"}})
    (found,) = compare(base, head, base, later).records
    assert ([f.arrives for f in found.fields], found.arrives) == ([STAYS, CRM_EDIT], CRM_EDIT)


def test_records_are_in_order_and_a_row_stands_beside_its_record():
    places = [Place("east", "lead", "Lead", f"L{n}") for n in (3, 1, 2)]
    worlds = [World(dict.fromkeys(places, value), crm=dict.fromkeys([CRM], value)) for value in (OLD, NEW, NEW, NEW)]
    assert [r.place for r in compare(*worlds).records] == [CRM, *sorted(places)]


HELD = {Subject(ROW, "city", "picklist_value"): Reason("odd")}


@pytest.mark.parametrize("base", [World(), World({ROW: OLD}), World(held=HELD)])
@pytest.mark.parametrize("head", [World(), World({ROW: OLD}), World(held=HELD)])
def test_a_diff_is_true_where_anything_differs(base, head):
    assert bool(compare(base, head, head, head)) is (base != head)


@pytest.mark.parametrize(("base", "head", "once", "later", "expected"), PRESENCE)
def test_what_is_set_aside_newly_or_no_longer(base, head, once, later, expected):
    subject = Subject(ROW, "city", "picklist_value")
    held = compare(*(World(held={subject: Reason("odd")} if there else {}) for there in (base, head, once, later)))
    (found,) = held.held if expected[0] is Change.ENTERED else held.released
    assert (found.subject, found.reason, found.arrives) == (subject, Reason("odd"), expected[1])


def test_what_would_be_written_counts_where_nothing_else_does():
    same = World(crm={CRM: OLD})
    (found,) = compare(same, same, same, same, words=(World(crm={CRM: OLD}), World(crm={CRM: NEW}))).records
    assert (found.because, [(f.field, f.old, f.new, f.arrives) for f in found.fields]) == (
        "",
        [("city", "Bonn", "BONN", PRM_EDIT)],
    )
    told = World(crm={CRM: NEW})
    (found,) = compare(same, told, told, told, words=(World(crm={CRM: OLD}), World(crm={CRM: THIRD}))).records
    assert [(f.new, f.arrives) for f in found.fields] == [("BONN", ONCE)]
    raw = World(crm={CRM: OLD})
    assert not compare(raw, raw, raw, raw, words=(World(crm={CRM: NEW}), World(crm={CRM: NEW})))


CREATED = [
    (False, True, False, False, Change.CREATED, STAYS),
    (False, True, True, True, Change.CREATED, ONCE),
    (True, False, True, True, Change.NOT_CREATED, STAYS),
    (True, False, False, False, Change.NOT_CREATED, STAYS),
]


@pytest.mark.parametrize(("base", "head", "once", "later", "change", "arrives"), CREATED)
def test_records_that_are_made_in_the_crm(base, head, once, later, change, arrives):
    (found,) = compare(*(World(crm={CRM: OLD} if there else {}) for there in (base, head, once, later))).records
    assert (found.change, found.arrives) == (change, arrives)
