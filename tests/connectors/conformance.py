"""What every connector must do, whatever CRM is behind it. A connector's test class inherits this and gives a world."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from world import World

from centri.connectors.base import Page, PullRequest, PushRequest
from centri.descriptions import FieldType
from centri.errors import ConfigError, ObjectMissing, Rejected, RetryLater
from centri.records import Cursor, Record
from centri.sync.delivery import Delivery, Moved, Outcome, Receipt
from centri.sync.filters import Condition, Filter

CAPABILITIES = {"authors", "merge", "conversion", "tokens", "throttling", "network", "rules"}
QUOTED = 'O\'Brien \\ "Söhne" (100%)\tx'


class Conformance:
    """``cannot`` names what a connector has no way to do, and why; those tests show as skipped with the reason."""

    cannot: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def world(self) -> Iterator[World]:
        raise NotImplementedError

    # -- describe --------------------------------------------------------------------------------------------------

    def test_what_it_cannot_do_is_named(self) -> None:
        assert set(self.cannot) <= CAPABILITIES
        assert all(self.cannot.values())

    def test_describes_the_fields(self, world: World) -> None:
        described = world.connector.describe(world.object)
        assert described.object == world.object
        assert described.fields[world.name].type is FieldType.TEXT
        assert described.fields[world.name].updateable

    def test_tells_which_instance_answers_without_a_call(self, world: World) -> None:
        hand = world.connector.handshake()
        assert hand.org
        assert hand.loopback
        assert world.connector.handshake() == hand
        assert world.connector.calls == 0

    def test_an_unknown_object_is_missing(self, world: World) -> None:
        with pytest.raises(ObjectMissing, match="Nonsense"):
            world.connector.describe("Nonsense")

    # -- pull ------------------------------------------------------------------------------------------------------

    def test_pulls_what_was_created(self, world: World) -> None:
        created = world.create(world.record("Ada", **{world.city: "London"}))
        record = _only(_pull(world))
        assert record.ref == (world.connector.name, world.object, created)
        assert record.values == {world.name: "Ada", world.city: "London"}
        assert record.version
        assert not record.deleted
        assert record.merged_into is None
        assert record.converted_to == {}
        assert record.changed_at is not None
        assert record.changed_at.tzinfo is UTC

    def test_gives_only_the_fields_asked_for(self, world: World) -> None:
        world.create(world.record("Ada", **{world.city: "London"}))
        assert _only(_pull(world, fields=(world.city,))).values == {world.city: "London"}

    def test_a_blank_is_none(self, world: World) -> None:
        world.create(world.record("Ada"))
        assert _only(_pull(world)).values[world.city] is None

    def test_pulls_nothing_behind_the_cursor(self, world: World) -> None:
        world.create(world.record("Ada"))
        last = list(_pages(world))[-1].cursor
        assert _pull(world, since=last) == []

    def test_pulls_what_changed_since_the_cursor(self, world: World) -> None:
        ids = _create(world, 3)
        last = list(_pages(world))[-1].cursor
        world.update(ids[0], {world.city: "Bern"})
        assert [(r.ref.id, r.values[world.city]) for r in _pull(world, since=last)] == [(ids[0], "Bern")]

    def test_a_version_moves_with_every_change_the_stamp_shows(self, world: World) -> None:
        created = world.create(world.record("Ada"))
        before = _only(_pull(world)).version
        world.tick()
        world.update(created, {world.city: "Bern"})
        assert _only(_pull(world)).version != before

    def test_pulls_the_oldest_change_first_in_pages(self, world: World) -> None:
        ids = _create(world, 7)
        world.update(ids[0], {world.city: "Bern"})
        pages = list(_pages(world, page_size=3))
        assert [r.ref.id for page in pages for r in page.records] == [*ids[1:], ids[0]]
        assert [len(page.records) for page in pages] == [3, 3, 1]
        assert [page.cursor for page in pages] == [(p.records[-1].changed_at, p.records[-1].ref.id) for p in pages]

    def test_reads_20_000_equal_stamps_without_loss(self, world: World) -> None:
        world.load(20_000)
        calls = world.connector.calls
        pages = list(_pages(world, fields=(world.name,), page_size=2000))
        ids = [r.ref.id for page in pages for r in page.records]
        assert len(ids) == 20_000
        assert set(ids) == set(world.stored())
        assert world.connector.calls - calls <= len(pages) + 2

    def test_goes_on_in_the_middle_of_equal_stamps(self, world: World) -> None:
        world.load(50)
        first, *_ = list(_pages(world, page_size=20))
        rest = _pull(world, since=first.cursor, page_size=20)
        assert {r.ref.id for r in first.records} | {r.ref.id for r in rest} == set(world.stored())
        assert len(rest) == 30

    def test_pulls_by_ids(self, world: World) -> None:
        ids = _create(world, 5)
        pages = list(_pages(world, ids=(ids[3], ids[1], ids[4], world.nobody), page_size=2))
        assert {r.ref.id for page in pages for r in page.records} == {ids[1], ids[3], ids[4]}
        assert all(page.cursor is None for page in pages)

    def test_pulls_a_window(self, world: World) -> None:
        ids = _create(world, 5)
        stamps = [_at(r) for r in _pull(world)]
        records = _pull(world, window=(stamps[1], stamps[3]), page_size=1)
        assert [r.ref.id for r in records] == ids[1:3]

    def test_goes_on_within_a_window(self, world: World) -> None:
        ids = _create(world, 5)
        known = _pull(world)
        done = Cursor(_at(known[1]), known[1].ref.id)
        records = _pull(world, window=(_at(known[0]), _at(known[4])), since=done, page_size=1)
        assert [r.ref.id for r in records] == ids[2:4]

    @pytest.mark.parametrize(
        ("values", "negated", "expected"),
        [
            (("Bern",), False, {"b"}),
            (("Bern", QUOTED), False, {"b", "q"}),
            ((None,), False, {"n"}),
            (("Bern", None), False, {"b", "n"}),
            (("Bern",), True, {"q", "n"}),
            ((None,), True, {"b", "q"}),
            (("Bern", None), True, {"q"}),
        ],
    )
    def test_pushes_the_filter_down(self, world: World, values: tuple[Any, ...], negated: bool, expected: set[str]) -> None:
        for name, city in (("b", "Bern"), ("q", QUOTED), ("n", None)):
            world.create(world.record(name, **({world.city: city} if city else {})))
        where = Filter((Condition(world.city, values, negated),))
        assert {r.values[world.name] for r in _pull(world, where=where)} == expected

    def test_an_unknown_field_is_a_matter_of_configuration(self, world: World) -> None:
        world.create(world.record("Ada"))
        with pytest.raises(ConfigError, match="nonsense"):
            _pull(world, fields=("nonsense",))

    def test_tells_of_deletions(self, world: World) -> None:
        kept, gone = _create(world, 2)
        last = list(_pages(world))[-1].cursor
        world.delete(gone)
        assert [(r.ref.id, r.deleted) for r in _pull(world, since=last)] == [(gone, True)]
        assert [r.ref.id for r in _pull(world, deleted=False)] == [kept]

    def test_tells_of_merges(self, world: World) -> None:
        self._needs("merge")
        winner, loser = _create(world, 2)
        last = list(_pages(world))[-1].cursor
        world.merge(winner, loser)
        lost = next(r for r in _pull(world, since=last) if r.ref.id == loser)
        assert (lost.deleted, lost.merged_into) == (True, winner)

    @pytest.mark.parametrize("opportunity", [True, False])
    def test_tells_what_a_lead_became(self, world: World, opportunity: bool) -> None:
        self._needs("conversion")
        lead, other = _create(world, 2)
        became = world.convert(lead, opportunity=opportunity)
        records = {r.ref.id: r for r in _pull(world)}
        assert records[lead].converted_to == became
        assert set(became) == {"account", "contact"} | ({"opportunity"} if opportunity else set())
        assert records[other].converted_to == {}
        assert not records[lead].deleted

    # -- push ------------------------------------------------------------------------------------------------------

    def test_updates_and_tells_what_is_stored(self, world: World) -> None:
        created = world.create(world.record("Ada", **{world.city: "London"}))
        seen = _only(_pull(world))
        world.tick()
        update = world.delivery(created, {world.city: "Bern"}, expected=seen.version, seen={world.city: "London"})
        receipt = _receipt(_push(world, update))
        assert receipt.delivery_id == update.id
        assert receipt.ref == seen.ref
        assert receipt.values == {world.city: "Bern"}
        assert (receipt.created, receipt.ours) == (False, True)
        now = _only(_pull(world))
        assert now.values == {world.name: "Ada", world.city: "Bern"}
        assert (receipt.version, receipt.changed_at) == (now.version, now.changed_at)

    def test_a_receipt_holds_what_the_crm_made_of_it(self, world: World) -> None:
        self._needs("rules")
        created = world.create(world.record("Ada"))
        receipt = _receipt(_push(world, world.delivery(created, {world.city: "  Bern  "})))
        assert receipt.values == {world.city: "Bern"} == _only(_pull(world, fields=(world.city,))).values

    def test_clears_a_field(self, world: World) -> None:
        created = world.create(world.record("Ada", **{world.city: "London"}))
        receipt = _receipt(_push(world, world.delivery(created, {world.city: None})))
        assert receipt.values == {world.city: None}
        assert _only(_pull(world)).values[world.city] is None

    def test_creates(self, world: World) -> None:
        receipt = _receipt(_push(world, world.delivery(None, world.record("Ada", **{world.city: "Bern"}))))
        record = _only(_pull(world))
        assert receipt.ref == record.ref
        assert receipt.values == world.record("Ada", **{world.city: "Bern"})
        assert (receipt.created, receipt.ours, receipt.version) == (True, True, record.version)

    def test_the_same_create_twice_makes_one_record(self, world: World) -> None:
        create = world.delivery(None, world.record("Ada"))
        first = _receipt(_push(world, create))
        second = _receipt(_push(world, replace(create, attempts=1)))
        assert first.ref == second.ref
        assert len(world.stored()) == 1

    def test_a_create_found_again_brings_what_is_new(self, world: World) -> None:
        create = world.delivery(None, world.record("Ada", **{world.city: "Bern"}))
        _push(world, create)
        again = replace(create, values={**create.values, world.city: "Basel"}, attempts=1)
        assert _receipt(_push(world, again)).values[world.city] == "Basel"
        assert [r[world.city] for r in world.stored().values()] == ["Basel"]

    def test_a_create_found_again_leaves_what_a_person_did(self, world: World) -> None:
        self._needs("authors")
        create = world.delivery(None, world.record("Ada", **{world.city: "Bern"}))
        created = _receipt(_push(world, create)).ref.id
        world.tick()
        world.update(created, {world.city: "Basel"})
        receipt = _receipt(_push(world, replace(create, attempts=1)))
        assert (receipt.ours, receipt.values) == (False, create.values)
        assert [r[world.city] for r in world.stored().values()] == ["Basel"]

    def test_a_create_whose_answer_was_lost_is_found_again(self, world: World) -> None:
        self._needs("network")
        create = world.delivery(None, world.record("Ada"))
        world.lose_answer()
        outcome = _only(_push(world, create))
        if isinstance(outcome, RetryLater):
            outcome = _only(_push(world, replace(create, attempts=1)))
        assert isinstance(outcome, Receipt)
        assert list(world.stored()) == [outcome.ref.id]

    def test_does_not_write_over_a_newer_version(self, world: World) -> None:
        created = world.create(world.record("Ada"))
        seen = _only(_pull(world))
        world.tick()
        world.update(created, {world.name: "Grace"})
        moved = _only(_push(world, world.delivery(created, {world.city: "Bern"}, expected=seen.version)))
        assert isinstance(moved, Moved)
        assert moved.version == _only(_pull(world)).version != seen.version
        assert world.stored()[created].get(world.city) in (None, "")

    def test_does_not_write_over_a_value_it_has_not_seen(self, world: World) -> None:
        """Two edits within one second share a version in most CRMs."""
        created = world.create(world.record("Ada", **{world.city: "London"}))
        version = _only(_pull(world)).version
        stale = world.delivery(created, {world.city: "Bern"}, expected=version, seen={world.city: "Paris"})
        outcome = _only(_push(world, stale))
        assert isinstance(outcome, Moved)
        assert world.stored()[created][world.city] == "London"

    def test_a_deleted_record_is_not_written(self, world: World) -> None:
        created = world.create(world.record("Ada"))
        world.delete(created)
        outcome = _only(_push(world, world.delivery(created, {world.city: "Bern"})))
        assert isinstance(outcome, Rejected)
        assert outcome.kind == "deleted_remote"

    def test_one_refused_record_holds_up_no_other(self, world: World) -> None:
        self._needs("rules")
        ids = _create(world, 3)
        values, kind = world.refused()
        deliveries = [world.delivery(crm_id, {world.city: "Bern"}, number=n) for n, crm_id in enumerate(ids)]
        deliveries[1] = replace(deliveries[1], values=values)
        first, refused, last = _push(world, *deliveries)
        assert isinstance(first, Receipt)
        assert isinstance(last, Receipt)
        assert isinstance(refused, Rejected)
        assert (refused.kind, bool(str(refused))) == (kind, True)
        assert [world.stored()[crm_id].get(world.city) == "Bern" for crm_id in ids] == [True, False, True]

    def test_many_deliveries_are_answered_in_order(self, world: World) -> None:
        deliveries = [world.delivery(None, world.record(f"n{n:03}"), number=n) for n in range(430)]
        calls = world.connector.calls
        outcomes = _push(world, *deliveries)
        assert [_receipt([o]).delivery_id for o in outcomes] == [d.id for d in deliveries]
        assert [world.stored()[_receipt([o]).ref.id][world.name] for o in outcomes] == [d.values[world.name] for d in deliveries]
        assert world.connector.calls - calls <= 16

    # -- what goes wrong ---------------------------------------------------------------------------------------------

    def test_goes_on_when_its_token_expires_between_pages(self, world: World) -> None:
        self._needs("tokens")
        ids = _create(world, 5)
        pages = _pages(world, page_size=2)
        read = [r.ref.id for r in next(pages).records]
        world.expire()
        read += [r.ref.id for page in pages for r in page.records]
        assert read == ids

    def test_goes_on_when_its_token_expires_before_a_push(self, world: World) -> None:
        self._needs("tokens")
        created = world.create(world.record("Ada"))
        world.connector.describe(world.object)
        world.expire()
        assert isinstance(_only(_push(world, world.delivery(created, {world.city: "Bern"}))), Receipt)

    def test_log_ins_are_no_calls(self, world: World) -> None:
        self._needs("tokens")
        world.create(world.record("Ada"))
        _pull(world)
        before = world.connector.calls
        _pull(world)
        assert world.connector.calls - before == 1

    def test_waits_when_it_is_throttled(self, world: World) -> None:
        self._needs("throttling")
        created = world.create(world.record("Ada"))
        world.throttle(2)
        assert len(_pull(world)) == 1
        world.throttle(2)
        assert isinstance(_only(_push(world, world.delivery(created, {world.city: "Bern"}))), Receipt)

    def test_gives_up_when_it_stays_throttled(self, world: World) -> None:
        self._needs("throttling")
        created = world.create(world.record("Ada"))
        world.connector.describe(world.object)
        world.throttle(1000)
        with pytest.raises(RetryLater):
            _pull(world)
        outcomes = _push(world, *(world.delivery(created, {world.city: "Bern"}, number=n) for n in range(2)))
        assert [isinstance(outcome, RetryLater) for outcome in outcomes] == [True, True]

    def test_a_crm_that_cannot_be_reached_is_named(self, world: World) -> None:
        self._needs("network")
        connector, address = world.unreachable()
        with pytest.raises(RetryLater, match=address):
            list(connector.pull(PullRequest(world.object, (world.name,))))

    def test_a_wrong_secret_is_a_matter_of_configuration(self, world: World) -> None:
        self._needs("tokens")
        connector, secret = world.without_secret()
        with pytest.raises(ConfigError, match=connector.name) as caught:
            connector.describe(world.object)
        assert secret not in f"{caught.value}{connector!r}{vars(connector)}"

    # -- words -------------------------------------------------------------------------------------------------------

    def _needs(self, capability: str) -> None:
        assert capability in CAPABILITIES
        if capability in self.cannot:
            pytest.skip(self.cannot[capability])


def _pages(world: World, **wishes: Any) -> Iterator[Page]:
    fields = wishes.pop("fields", (world.name, world.city))
    return world.connector.pull(PullRequest(world.object, fields, **wishes))


def _pull(world: World, **wishes: Any) -> list[Record]:
    return [record for page in _pages(world, **wishes) for record in page.records]


def _push(world: World, *deliveries: Delivery) -> list[Outcome]:
    return world.connector.push(PushRequest(world.object, deliveries))


def _create(world: World, count: int) -> list[str]:
    """Records a second apart, the clock a second past the last."""
    ids = []
    for n in range(count):
        ids.append(world.create(world.record(f"n{n}")))
        world.tick()
    return ids


def _only(found: list[Any]) -> Any:
    assert len(found) == 1
    return found[0]


def _receipt(outcomes: list[Outcome]) -> Receipt:
    outcome = _only(outcomes)
    assert isinstance(outcome, Receipt), outcome
    return outcome


def _at(record: Record) -> datetime:
    assert record.changed_at is not None
    return record.changed_at


EPOCH = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
