"""The traps that other syncs have fallen into, each a test: those that are told elsewhere by name, the others below.

The table maps a trap to its tests, as ``file::test`` below ``tests/``; one of a class of tests is named without the class.
"""

import re
from pathlib import Path

import pytest
from two_crms import OBJECTS, QUIET

from centri.descriptions import FieldType
from centri.errors import RetryLater
from centri.mappings.transforms import TRANSFORMS

TESTS = Path(__file__).parents[2]
HERE = "unit/engine/test_traps.py"
TRAPS = {
    "the cursor is saved although rows failed": [
        f"{HERE}::test_a_row_that_failed_stays_owed_although_the_cursor_has_passed_it",
        "unit/engine/test_rounds.py::test_a_record_that_cannot_be_made_waits_and_blocks_nobody",
        "stories/test_arrivals.py::test_250_leads_of_one_stamp_arrive_once_each_through_a_crash_between_pages",
        "stories/test_arrivals.py::test_a_lead_that_cannot_be_made_stays_owed_and_its_neighbours_arrive",
    ],
    "a strict comparison of stamps, and no lag": [
        "stories/test_arrivals.py::test_a_row_that_shows_late_with_an_older_stamp_is_picked_up",
        "connectors/conformance.py::test_goes_on_in_the_middle_of_equal_stamps",
        "connectors/conformance.py::test_reads_20_000_equal_stamps_without_loss",
    ],
    "a merge without a key appends": [
        "stories/test_lost_answers.py::test_a_note_that_is_read_before_its_create_is_sent_again_stays_one",
        "connectors/conformance.py::test_the_same_create_twice_makes_one_record",
        "unit/engine/test_failures.py::test_a_create_whose_answer_is_lost_is_not_made_again",
    ],
    "a whole batch counts as done when one row of it was": [
        "connectors/conformance.py::test_one_refused_record_holds_up_no_other",
        "unit/engine/test_failures.py::test_a_rejected_record_leaves_the_rest_alone",
    ],
    "an exception in a mapping is swallowed, and the row sent in part": [
        f"{HERE}::test_a_fault_in_a_transform_is_not_swallowed_and_nothing_is_half_done",
        f"{HERE}::test_a_value_that_cannot_be_translated_is_reported_and_its_field_left_alone",
    ],
    "quotes are doubled": [
        "stories/test_known_traps.py::test_quotes_cross_as_they_are_both_ways",
        "stories/test_known_traps.py::test_a_create_with_quotes_is_found_again_by_them",
        "connectors/conformance.py::test_pushes_the_filter_down",
    ],
    "texts are cut and unknown fields dropped without a word": [
        "stories/test_known_traps.py::test_a_text_that_is_too_long_is_reported_and_not_cut",
        "unit/mappings/test_transforms.py::test_truncate_is_never_silent_unless_told_so",
        "connectors/conformance.py::test_an_unknown_field_is_a_matter_of_configuration",
    ],
    "a delayed import reads everything again": [
        f"{HERE}::test_a_pull_that_was_delayed_reads_only_what_is_new",
        "unit/engine/test_failures.py::test_a_pull_that_breaks_off_goes_on_where_it_was",
    ],
    "an unresolved conflict leaves no trace": [
        "unit/engine/test_rounds.py::test_a_conflict_is_held_once_and_the_rest_of_the_record_goes_on",
        "unit/engine/test_resolve.py::test_the_queue_tells_the_old_the_two_new_values_the_policy_and_the_reason",
    ],
    "wide rows are put together from parts read at different moments": [
        "stories/test_known_traps.py::test_a_wide_record_is_read_in_one_call",
    ],
    "a partial read is taken for deletions": [
        "unit/engine/test_reconcile.py::test_a_sweep_that_breaks_off_never_says_gone",
        "unit/engine/test_reconcile.py::test_an_empty_answer_is_refused",
        "laws/test_merge_laws.py::test_an_absent_record_never_counts_as_deleted",
    ],
    "an approval is passed by through a change of the configuration": [
        f"{HERE}::test_a_change_of_the_mapping_changes_no_record",
        f"{HERE}::test_a_change_of_the_mapping_does_not_let_held_back_writes_go",
    ],
    "an opportunity is not followed once it is won": [
        "stories/test_known_traps.py::test_an_opportunity_is_followed_after_it_is_won",
    ],
    "leads and contacts in one object make doubles": [
        f"{HERE}::test_a_person_who_is_lead_and_contact_is_one_of_each",
        "unit/engine/test_partner_acts.py::test_the_contact_with_the_same_address_is_taken_and_completed",
    ],
}


@pytest.mark.parametrize("trap", TRAPS)
def test_the_trap_has_its_tests(trap):
    for named in TRAPS[trap]:
        file, _, test = named.partition("::")
        text = (TESTS / file).read_text(encoding="utf-8")
        assert re.search(rf"^ *def {test}\(", text, re.MULTILINE), f"{named} is no more"


def test_a_row_that_failed_stays_owed_although_the_cursor_has_passed_it(world_with):
    """What failed is not read again by luck of the overlap: it is kept, and decided on anew with every mapping."""
    world = world_with()
    nameless = world.person_saves("east", "Account", Website="globex.example")
    for n in range(3):
        world.clock.forward(hours=1)
        world.person_saves("east", "Account", Name=f"Company {n}", Website=f"c{n}.example")
        world.sync("east")
    assert world.sync("east")["east"].tally("account").read == 1, "the overlap holds the last company alone"
    assert (len(world.rows("account")), world.anomalies()) == (3, [("missing_required", "")])
    mended = world_with(
        ("name: {crm: Name, policy: crm_wins}", "name: {crm: Website, policy: crm_wins}"),
        ("website: {crm: Website, policy: fill_blanks}", "website: {crm: Name, policy: fill_blanks}"),
    )
    mended.crms, mended.clock.now = world.crms, world.clock.now
    mended.restarted()
    assert mended.sync("east")["east"].tally("account").read == 1
    assert (len(mended.rows("account")), mended.anomalies()) == (4, [])
    assert nameless in {link["crm_id"] for link in mended.links()}


def test_a_fault_in_a_transform_is_not_swallowed_and_nothing_is_half_done(world, monkeypatch):
    """A defect of ours stops the run with its traceback; what was staged stays owed, and the next run does it."""
    world.person_saves("east", "Lead", LastName="Wong", Company="Umbrella", Email="MIA@umbrella.example", Distribute=True)

    def broken(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(TRANSFORMS["email"], "inward", broken)
        with pytest.raises(ZeroDivisionError):
            world.sync("east")
    assert (world.rows("lead"), world.links()) == ([], [])
    world.sync("east")
    assert world.row("lead")["email"] == "mia@umbrella.example"


def test_a_value_that_cannot_be_translated_is_reported_and_its_field_left_alone(world):
    wong = world.person_saves("east", "Lead", LastName="Wong", Email="mia@umbrella.example", Distribute=True)
    world.sync("east")
    world.person_saves("east", "Lead", wong, LastName="Wong-Meyer", Email="not an address")
    world.sync("east")
    assert (world.row("lead")["last_name"], world.row("lead")["email"]) == ("Wong-Meyer", "mia@umbrella.example")
    assert [field for _, field in world.anomalies()] == ["email"]
    assert world.in_crm("east", "Lead")[0]["Email"] == "not an address"
    assert world.writes() == QUIET


def test_a_pull_that_was_delayed_reads_only_what_is_new(world):
    for n in range(30):
        world.person_saves("east", "Account", Name=f"Company {n}", Website=f"c{n}.example")
    world.clock.forward(minutes=1)
    last = world.person_saves("east", "Account", Name="The last one", Website="last.example")
    world.sync("east")
    world.clock.forward(hours=1)
    late = world.person_saves("east", "Account", Name="Latecomer", Website="late.example")
    world.crms["east"].faults.append(RetryLater("server unavailable"))
    with pytest.raises(RetryLater):
        world.sync("east")
    world.clock.forward(days=3)
    world.restarted()
    done = world.sync("east")["east"]
    assert done.tally("account").read == len({last, late}), "the new one, and the last one within the overlap"
    assert late in {link["crm_id"] for link in world.links()}


def test_a_change_of_the_mapping_changes_no_record(world_with):
    """Whoever may change the mapping has not thereby changed the records: they stay as last agreed until somebody edits them."""
    before = world_with()
    before.crms["east"].define("Account", dict.fromkeys((*OBJECTS["Account"].split(), "Street"), FieldType.TEXT))
    usual = {"City": "ulm", "Industry": "Steel", "Street": "Main Street 1"}
    for n in range(60):
        before.person_saves("east", "Account", Name=f"Company {n:02}", Website=f"c{n}.example", **usual)
    before.sync("east")
    before.sync("east")
    held = sorted((row["name"], row["city"], row["industry_raw"]) for row in before.rows("account"))
    after = world_with(
        ("city: {crm: City, policy: hold}", "city: {crm: City, transform: upper, direction: out}"),
        (
            "industry_raw: {crm: Industry, direction: in}",
            "industry_raw: {crm: Industry, policy: prm_wins}\n        street: Street",
        ),
        ("      create: needed\n      key: {crm: OurId, write: on_create}\n", "      refuse_over: 100%\n      create: needed\n"),
    )
    after.crms, after.clock.now = before.crms, before.clock.now
    after.restarted()
    assert after.writes() == QUIET
    assert sorted((row["name"], row["city"], row["industry_raw"]) for row in after.rows("account")) == held
    assert {row["City"] for row in after.in_crm("east", "Account")} == {"ulm"}


def test_a_change_of_the_mapping_does_not_let_held_back_writes_go(world_with):
    """Writes to a CRM of record are let go by a person, and by nothing that a file can say."""
    before = world_with()
    before.crms["east"].loopback = False
    globex = before.person_saves("east", "Account", Name="Globex", City="Ulm")
    before.sync("east")
    before.edit("account", before.row("account")["id"], city="Bonn")
    before.sync("east")
    after = world_with(("city: {crm: City, policy: hold}", "city: {crm: City, policy: prm_wins}"))
    after.crms, after.clock.now = before.crms, before.clock.now
    after.restarted()
    after.sync("east")
    assert after.crms["east"].objects["Account"][globex].values["City"] == "Ulm"
    assert len(after.deliveries()) == 1


def test_a_person_who_is_lead_and_contact_is_one_of_each(world):
    globex = world.person_saves("east", "Account", Name="Globex", Website="globex.example")
    world.person_saves("east", "Contact", LastName="Wong", Email="mia@globex.example", AccountId=globex)
    world.person_saves("east", "Lead", LastName="Wong", Company="Globex", Email="mia@globex.example", Distribute=True)
    world.sync()
    assert (len(world.rows("contact")), len(world.rows("lead"))) == (1, 1)
    assert world.writes() == QUIET
    assert {o: len(world.in_crm("east", o)) for o in ("Account", "Contact", "Lead")} == {"Account": 1, "Contact": 1, "Lead": 1}
    assert [world.in_crm("west", o) for o in ("Account", "Contact", "Lead")] == [[], [], []]
