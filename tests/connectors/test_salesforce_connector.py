"""The Salesforce connector passes what every other must, against the sandbox over HTTP; then what Salesforce alone does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from conformance import Conformance
from requests import Response
from sandboxed import SandboxWorld, fresh, sandbox

from centri.connectors.base import Connector, PullRequest, PushRequest
from centri.connectors.salesforce_errors import told_allowance
from centri.descriptions import FieldType
from centri.errors import ConfigError, Rejected, RetryLater
from centri.records import Record
from centri.sandbox.state import Org
from centri.sync.budget import Allowance
from centri.sync.delivery import Delivery, Moved, Receipt

KEY = "CENTRI_PRM_Id__c"
LIMIT = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
BUSY = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "ConcurrentPerOrgLongTxn Limit exceeded."}]

INTEREST = "CENTRI_Product_Interest__c"


class SalesforceWorld(SandboxWorld):
    type, writes = "salesforce", r"/composite/sobjects"
    object, name, city, required = "Lead", "LastName", "City", {"Company": "Acme"}
    nobody, somebody = "00Q000000000000EAA", {"Username": "max@example.com", "LastName": "Max", "IsActive": True}

    @property
    def org(self) -> Org:
        return sandbox().salesforce

    def options(self) -> dict[str, Any]:
        who = self.org.credentials
        auth = {"flow": "client_credentials", "client_id": who.client_id, "client_secret": who.client_secret}
        return {"instance_url": sandbox().salesforce_url, "auth": auth}

    def delivery(self, crm_id: str | None, values: Mapping[str, Any], **more: Any) -> Delivery:
        delivery = super().delivery(crm_id, values, **more)
        return delivery if crm_id else replace(delivery, key=(KEY, delivery.id))

    def merge(self, winner: str, loser: str) -> None:
        self.org.merge(self.object, winner, [loser], user=self.person)

    def convert(self, id: str, *, opportunity: bool) -> Mapping[str, str]:
        made = self.org.convert(id, user=self.person, **({} if opportunity else {"opportunity": None}))
        return {word.removesuffix("_id"): became for word, became in made.items() if became}

    def refused(self) -> tuple[Mapping[str, Any], str]:
        return {"City": "x" * 41}, "too_long"

    def throttle(self, times: int) -> None:
        self.org.faults.arm(path="/(query|queryAll|composite)", times=times, status=403, body=BUSY)

    def lose_answer(self) -> None:
        self.org.faults.arm(path=self.writes, kind="after", status=504)

    def without_secret(self) -> tuple[Connector, str]:
        auth = {**self.options()["auth"], "client_secret": "s3cret-but-wrong"}
        return self.connect(auth=auth), "s3cret-but-wrong"

    def unreachable(self) -> tuple[Connector, str]:
        address = self._nobody()
        return self.connect(instance_url=address), address


class TestSalesforce(Conformance):
    @pytest.fixture
    def world(self) -> Iterator[SandboxWorld]:
        yield from fresh(SalesforceWorld)

    # -- logging in ------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("app", [True, False])
    def test_logs_in_by_user_name(self, world: SalesforceWorld, app: bool) -> None:
        """With a connected app by OAuth, without one by SOAP."""
        who = world.org.credentials
        auth = {"flow": "password", "username": who.username, "password": who.password}
        auth |= {"client_id": who.client_id, "client_secret": who.client_secret} if app else {}
        world.create(world.record("Ada"))
        connector = world.connect(auth=auth)
        assert [r.values["LastName"] for page in connector.pull(PullRequest("Lead", ("LastName",))) for r in page.records] == [
            "Ada"
        ]
        assert connector.handshake().org == world.org.id

    @pytest.mark.parametrize("app", [True, False])
    def test_a_wrong_password_is_a_matter_of_configuration(self, world: SalesforceWorld, app: bool) -> None:
        who = world.org.credentials
        auth = {"flow": "password", "username": who.username, "password": "s3cret-but-wrong"}
        auth |= {"client_id": who.client_id, "client_secret": who.client_secret} if app else {}
        with pytest.raises(ConfigError, match=r"our-salesforce.*auth\.password") as caught:
            world.connect(auth=auth).describe("Lead")
        assert "s3cret-but-wrong" not in str(caught.value)

    # -- describe and values ---------------------------------------------------------------------------------------

    def test_describes_in_our_words(self, world: SalesforceWorld) -> None:
        described = world.connector.describe("Lead")
        fields = described.fields
        types = {
            name: fields[name].type for name in ("Id", "AnnualRevenue", "NumberOfEmployees", "OwnerId", "Status", "IsConverted")
        }
        assert types == {
            "Id": FieldType.ID,
            "AnnualRevenue": FieldType.MONEY,
            "NumberOfEmployees": FieldType.INTEGER,
            "OwnerId": FieldType.REFERENCE,
            "Status": FieldType.CHOICE,
            "IsConverted": FieldType.BOOLEAN,
        }
        assert [name for name, f in fields.items() if f.required] == ["LastName", "Company"]
        assert fields["LastName"].length == 80
        assert fields[KEY].external_key
        assert "Open - Not Contacted" in fields["Status"].choices

    def test_values_take_their_canonical_form(self, world: SalesforceWorld) -> None:
        given = {"AnnualRevenue": 950000000.0, "NumberOfEmployees": 39000, "Description": ""}
        lead = world.create(world.record("Ada", **given))
        fields = ("Id", "AnnualRevenue", "NumberOfEmployees", "Description", "CreatedDate", "IsConverted")
        assert _read(world, "Lead", fields)[lead].values == {
            "Id": lead,
            "AnnualRevenue": "950000000.00",
            "NumberOfEmployees": 39000,
            "Description": None,
            "CreatedDate": "2026-03-01T12:00:00Z",
            "IsConverted": False,
        }

    def test_writes_every_kind_of_value(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada"))
        values = {"AnnualRevenue": "1234.00", "NumberOfEmployees": 7, "CENTRI_Distribute__c": True, "Email": "ada@example.com"}
        (receipt,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, values)]))
        assert isinstance(receipt, Receipt)
        assert receipt.values == values == _read(world, "Lead", tuple(values))[lead].values

    def test_several_choices_read_alike_in_whatever_order_they_are_kept(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada", CENTRI_Product_Interest__c="Backup;Security"))
        assert _read(world, "Lead", (INTEREST,))[lead].values == {INTEREST: ["Backup", "Security"]}
        told = {INTEREST: ["Backup", "Network", "Security"]}
        (receipt,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, told)]))
        assert isinstance(receipt, Receipt)
        assert receipt.values == told == _read(world, "Lead", (INTEREST,))[lead].values
        assert world.stored()[lead][INTEREST] == "Security;Backup;Network"
        (outcome,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, {INTEREST: ["Backup;Security"]})]))
        assert isinstance(outcome, Rejected)
        assert (outcome.kind, outcome.fields) == ("type_mismatch", (INTEREST,))

    def test_no_choices_are_a_blank(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada", CENTRI_Product_Interest__c="Backup"))
        world.connector.push(PushRequest("Lead", [world.delivery(lead, {INTEREST: None})]))
        assert _read(world, "Lead", (INTEREST,))[lead].values == {INTEREST: None}

    def test_a_value_of_the_wrong_type_is_not_sent(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada"))
        (outcome,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, {"AnnualRevenue": "a lot"})]))
        assert isinstance(outcome, Rejected)
        assert (outcome.kind, outcome.fields) == ("type_mismatch", ("AnnualRevenue",))
        assert world.calls(world.writes) == []

    def test_a_converted_lead_cannot_be_written(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada"))
        world.convert(lead, opportunity=False)
        (outcome,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, {"City": "Bern"})]))
        assert isinstance(outcome, Rejected)
        assert outcome.kind == "validation"

    # -- what it costs ---------------------------------------------------------------------------------------------

    def test_a_round_without_news_costs_two_reads(self, world: SalesforceWorld) -> None:
        _read(world, "Lead", ("LastName",))
        assert world.connector.calls == 2

    def test_a_chunk_of_updates_costs_three_calls(self, world: SalesforceWorld) -> None:
        ids = [world.create(world.record(f"n{n}")) for n in range(200)]
        world.connector.describe("Lead")
        before = world.connector.calls
        deliveries = [world.delivery(crm_id, {"City": "Bern"}, number=n) for n, crm_id in enumerate(ids)]
        outcomes = world.connector.push(PushRequest("Lead", deliveries))
        assert all(isinstance(outcome, Receipt) for outcome in outcomes)
        assert world.connector.calls - before == 3

    def test_no_assignment_rule_runs_on_our_writes(self, world: SalesforceWorld) -> None:
        client = world.connector._client  # type: ignore[attr-defined]  # the header shows nowhere else
        seen: list[str] = []
        client.session.hooks["response"].append(
            lambda answer, **_: seen.append(answer.request.headers.get("Sforce-Auto-Assign", ""))
        )
        world.connector.push(PushRequest("Lead", [world.delivery(None, world.record("Ada"))]))
        assert "FALSE" in seen

    # -- creates without a key ---------------------------------------------------------------------------------------

    def test_a_note_is_searched_for_before_it_is_made_again(self, world: SalesforceWorld) -> None:
        note = _note(world)
        world.org.faults.arm(method="POST", path=world.writes, kind="after", status=504)
        (lost,) = world.connector.push(PushRequest("Note", [note]))
        assert isinstance(lost, RetryLater)
        (found,) = world.connector.push(PushRequest("Note", [replace(note, attempts=1)]))
        assert isinstance(found, Receipt)
        assert [row.id for row in world.org.rows("Note")] == [found.ref.id]

    def test_a_note_that_was_never_made_is_made_by_the_retry(self, world: SalesforceWorld) -> None:
        (made,) = world.connector.push(PushRequest("Note", [replace(_note(world), attempts=1)]))
        assert isinstance(made, Receipt)
        assert made.created

    def test_two_equal_notes_are_not_taken_for_one(self, world: SalesforceWorld) -> None:
        first = _note(world)
        second = replace(first, id=first.id.replace("0001", "0002"))
        deliveries = [replace(first, attempts=1), replace(second, attempts=1)]
        world.connector.push(PushRequest("Note", [first]))
        outcomes = world.connector.push(PushRequest("Note", deliveries))
        assert len({outcome.ref.id for outcome in outcomes if isinstance(outcome, Receipt)}) == 2

    def test_a_note_of_another_author_or_text_is_left_alone(self, world: SalesforceWorld) -> None:
        note = _note(world)
        world.org.create("Note", dict(note.values), user=world.person)
        world.org.create("Note", {**note.values, "Body": "something else"})
        (made,) = world.connector.push(PushRequest("Note", [replace(note, attempts=1)]))
        assert isinstance(made, Receipt)
        assert len(world.org.rows("Note")) == 3

    def test_an_org_without_the_key_field_is_searched_too(self, world: SalesforceWorld) -> None:
        create = replace(world.delivery(None, world.record("Ada")), key=("Unknown__c", "x"))
        for attempts in (0, 1):
            world.connector.push(PushRequest("Lead", [replace(create, attempts=attempts)]))
        assert len(world.stored()) == 1

    # -- limits, locks and lost answers --------------------------------------------------------------------------------

    def test_tells_how_many_of_the_days_calls_everybody_has_used(
        self, world: SalesforceWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert world.connector.allowance is None
        used = world.org.calls
        monkeypatch.setattr(world.org, "daily_calls", used + 1)
        world.connector.describe("Lead")
        assert world.connector.allowance == Allowance(limit=used + 1, used=used + 1, everybody=True)
        with pytest.raises(RetryLater, match="daily API limit") as refusal:
            world.connector.describe("Account")
        assert refusal.value.daily_limit
        assert world.connector.allowance == Allowance(limit=used + 1, used=used + 1, everybody=True)

    @pytest.mark.parametrize(
        ("header", "told"),
        [
            ("api-usage=18/5000", Allowance(5000, 18, everybody=True)),
            ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample)", Allowance(5000, 25, everybody=True)),
            ("per-app-api-usage=17/250(appName=sample)", None),
            ("", None),
        ],
    )
    def test_reads_the_orgs_quota_and_not_the_apps(self, header: str, told: Allowance | None) -> None:
        answer = Response()
        answer.headers["Sforce-Limit-Info"] = header
        assert told_allowance(answer) == told

    def test_the_daily_limit_ends_the_push_at_once(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada"))
        world.connector.describe("Lead")
        world.org.faults.arm(path="/queryAll", status=403, body=LIMIT, every=True)
        before = world.connector.calls
        deliveries = [world.delivery(lead, {"City": "Bern"}, number=n) for n in range(450)]
        outcomes = world.connector.push(PushRequest("Lead", deliveries))
        assert {isinstance(o, RetryLater) and o.daily_limit for o in outcomes} == {True}
        assert world.connector.calls - before == 1

    def test_a_locked_row_is_tried_again(self, world: SalesforceWorld) -> None:
        ids = [world.create(world.record(f"n{n}")) for n in range(2)]
        locked = {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain", "fields": []}]}
        done = {"id": ids[0], "success": True, "errors": []}
        world.org.faults.arm(path=world.writes, status=200, body=[done, locked])
        deliveries = [world.delivery(crm_id, {"City": "Bern"}, number=n) for n, crm_id in enumerate(ids)]
        first, second = world.connector.push(PushRequest("Lead", deliveries))
        assert isinstance(first, Receipt)
        assert isinstance(second, Receipt)
        assert world.stored()[ids[1]]["City"] == "Bern"

    def test_a_row_that_stays_locked_is_left_for_later(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada"))
        locked = {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain", "fields": []}]}
        world.org.faults.arm(path=world.writes, status=200, body=[locked], every=True)
        (outcome,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, {"City": "Bern"})]))
        assert isinstance(outcome, RetryLater)
        assert len(world.calls(world.writes)) == 3

    def test_a_receipt_that_cannot_be_read_back_claims_what_was_sent(self, world: SalesforceWorld) -> None:
        lead = world.create(world.record("Ada"))
        world.connector.describe("Lead")
        world.org.faults.arm(path="/queryAll", nth=2, status=503, every=True)
        (receipt,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, {"City": " Bern "}, expected="")]))
        assert isinstance(receipt, Receipt)
        assert (receipt.values, receipt.ours, receipt.ref.id) == ({"City": " Bern "}, False, lead)

    def test_a_persons_edit_between_write_and_reading_back_is_not_claimed(self, world: SalesforceWorld) -> None:
        """The edit happens while our write is answered: the re-read shows another user as the last."""
        lead = world.create(world.record("Ada"))
        session = world.connector._client.session  # type: ignore[attr-defined]  # where a test can step in between two calls
        hook = lambda answer, **_: world.update(lead, {"City": "Rome"}) if "/composite/" in answer.url else None  # noqa: E731 - a hook is a value
        session.hooks["response"].append(hook)
        (receipt,) = world.connector.push(PushRequest("Lead", [world.delivery(lead, {"City": "Bern"})]))
        assert isinstance(receipt, Receipt)
        assert (receipt.values, receipt.ours) == ({"City": "Bern"}, False)
        assert world.stored()[lead]["City"] == "Rome"

    def test_a_page_that_salesforce_cuts_short_is_not_the_last(self, world: SalesforceWorld) -> None:
        world.load(50)
        _cut_short(world, 20)
        records = [r.ref.id for page in world.connector.pull(PullRequest("Lead", ("LastName",))) for r in page.records]
        assert sorted(records) == sorted(world.stored())

    def test_an_answer_by_ids_that_is_cut_short_is_read_on(self, world: SalesforceWorld) -> None:
        world.load(50)
        _cut_short(world, 20)
        request = PullRequest("Lead", ("LastName",), ids=tuple(world.stored()))
        records = [r.ref.id for page in world.connector.pull(request) for r in page.records]
        assert sorted(records) == sorted(world.stored())

    def test_a_preread_that_is_cut_short_is_read_on(self, world: SalesforceWorld) -> None:
        world.load(50)
        _cut_short(world, 20)
        deliveries = [world.delivery(crm_id, {"City": "Bern"}, number=n) for n, crm_id in enumerate(world.stored())]
        assert {type(outcome) for outcome in world.connector.push(PushRequest("Lead", deliveries))} == {Receipt}

    def test_moved_rows_and_others_share_a_chunk(self, world: SalesforceWorld) -> None:
        one, other = (world.create(world.record(f"n{n}")) for n in range(2))
        stale = world.delivery(one, {"City": "Bern"}, expected="2020-01-01T00:00:00Z")
        outcomes = world.connector.push(PushRequest("Lead", [stale, world.delivery(other, {"City": "Bern"}, number=2)]))
        assert [type(outcome) for outcome in outcomes] == [Moved, Receipt]

    def test_an_unexpected_page_is_tried_later(self, world: SalesforceWorld) -> None:
        world.connector.describe("Lead")
        world.org.faults.arm(path="/queryAll", status=200, body="<html>Down for maintenance</html>", every=True)
        with pytest.raises(RetryLater, match="JSON"):
            _read(world, "Lead", ("LastName",))


def _cut_short(world: SalesforceWorld, count: int) -> None:
    """The next query answers with fewer rows than it was asked for, as Salesforce may with wide ones."""
    table = world.org.table("Lead")
    rows = [world.org.view(table, row) for row in world.org.rows("Lead")[:count]]
    world.org.faults.arm(
        path="/queryAll", status=200, body={"totalSize": 50, "done": False, "nextRecordsUrl": "/x", "records": rows}
    )


def _note(world: SalesforceWorld) -> Delivery:
    account = world.org.create("Account", {"Name": "Acme"}).id
    values = {"ParentId": account, "Title": "It's a deal", "Body": "Two\nlines"}
    return replace(world.delivery(None, values), object="Note", key=None)


def _read(world: SandboxWorld, object: str, fields: tuple[str, ...]) -> dict[str, Record]:
    pages = world.connector.pull(PullRequest(object, fields))
    return {record.ref.id: record for page in pages for record in page.records}
