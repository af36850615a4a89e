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
]


@pytest.mark.parametrize(("base", "head", "once", "later", "expected"), FIELDS)
@pytest.mark.parametrize(("place", "kind", "change"), [(ROW, "rows", Change.CHANGED), (CRM, "crm", Change.TOLD)])
def test_a_field(place, kind, change, base, head, once, later, expected):
    found = compare(*(World(**{kind: {place: values}}) for values in (base, head, once, later)))
    assert [(r.place, r.change, r.arrives) for r in found.records] == ([(place, change, expected[2])] if expected else [])
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
    assert (found.change, found.arrives, found.because) == (*expected, "kept out")


@pytest.mark.parametrize(("base", "head", "once", "later", "expected"), PRESENCE)
def test_what_is_set_aside_newly_or_no_longer(base, head, once, later, expected):
    subject = Subject(ROW, "city", "picklist_value")
    held = compare(*(World(held={subject: Reason("odd")} if there else {}) for there in (base, head, once, later)))
    (found,) = held.held if expected[0] is Change.ENTERED else held.released
    assert (found.subject, found.reason, found.arrives) == (subject, Reason("odd"), expected[1])


def test_what_would_be_written_counts_where_nothing_else_does():
    same = World(crm={CRM: OLD})
    (found,) = compare(same, same, same, same, words=(World(crm={CRM: OLD}), World(crm={CRM: NEW}))).records
    assert [(f.old, f.new, f.arrives) for f in found.fields] == [("Bonn", "BONN", PRM_EDIT)]
    told = World(crm={CRM: NEW})
    (found,) = compare(same, told, told, told, words=(World(crm={CRM: OLD}), World(crm={CRM: THIRD}))).records
    assert [(f.new, f.arrives) for f in found.fields] == [("BONN", ONCE)]
    raw = World(crm={CRM: OLD})
    assert not compare(raw, raw, raw, raw, words=(World(crm={CRM: NEW}), World(crm={CRM: NEW})))


CREATED = [
    (False, True, False, False, Change.CREATED),
    (True, False, True, True, Change.NOT_CREATED),
    (True, False, False, False, Change.NOT_CREATED),
]


@pytest.mark.parametrize(("base", "head", "once", "later", "change"), CREATED)
def test_records_that_are_made_in_the_crm(base, head, once, later, change):
    (found,) = compare(*(World(crm={CRM: OLD} if there else {}) for there in (base, head, once, later))).records
    assert found.change is change
