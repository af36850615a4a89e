"""The SugarCRM connector passes what every other must, against the sandbox over HTTP; then what Sugar alone does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

import pytest
from conformance import Conformance
from sandboxed import SandboxWorld, fresh, sandbox

from centri.connectors.base import Connector, PullRequest, PushRequest
from centri.descriptions import FieldType
from centri.errors import ConfigError, Rejected, RetryLater
from centri.records import Record
from centri.sandbox.state import Org
from centri.sync.delivery import Receipt

ADDRESS = {"email_address": "ada@example.com", "primary_address": True, "opt_out": False, "invalid_email": False}

INTEREST = "product_interest_c"


class SugarWorld(SandboxWorld):
    type, writes = "sugarcrm", r"/bulk$"
    object, name, city, required = "Leads", "last_name", "primary_address_city", {}
    nobody, somebody = "99999999-0000-4000-8000-000000000000", {"user_name": "max", "last_name": "Max"}

    @property
    def org(self) -> Org:
        return sandbox().sugarcrm

    def options(self) -> dict[str, Any]:
        who = self.org.credentials
        return {"url": sandbox().sugarcrm_url, "username": who.username, "password": who.password, "platform": "centri"}

    def convert(self, id: str, *, opportunity: bool) -> Mapping[str, str]:
        account = self.org.create("Accounts", {"name": "Acme"}).id
        deal = {"name": "Deal", "amount": "10", "date_closed": "2026-05-01", "sales_stage": "Prospecting", "account_id": account}
        made = self.org.convert(id, user=self.person, account_id=account, opportunity=deal if opportunity else None)
        return {word.removesuffix("_id"): became for word, became in made.items() if became}

    def refused(self) -> tuple[Mapping[str, Any], str]:
        return {"last_name": None}, "missing_required"

    def throttle(self, times: int) -> None:
        self.org.faults.arm(path=r"/(filter|bulk)$", times=times, status=429, headers={"Retry-After": "1"})

    def without_secret(self) -> tuple[Connector, str]:
        return self.connect(password="s3cret-but-wrong"), "s3cret-but-wrong"

    def unreachable(self) -> tuple[Connector, str]:
        address = self._nobody()
        return self.connect(url=address), address


class TestSugarCRM(Conformance):
    cannot: ClassVar[Mapping[str, str]] = {"merge": "Sugar deletes the losers of a merge and does not say into what they went"}

    @pytest.fixture
    def world(self) -> Iterator[SandboxWorld]:
        yield from fresh(SugarWorld)

    def test_tells_the_values_of_a_list_that_is_asked_for_once(self, world: SugarWorld) -> None:
        assert world.connector.describe("Leads").fields["status"].choices == ()
        calls = world.connector.calls
        described = world.connector.describe("Leads", ["status", "last_name", "nonsense"]).fields
        assert described["status"].choices == ("New", "Assigned", "In Process", "Converted", "Recycled", "Dead")
        assert described["last_name"].choices == ()
        assert world.connector.describe("Leads", ["status"]).fields == world.connector.describe("Leads").fields
        assert world.connector.calls == calls + 1

    def test_describes_in_our_words(self, world: SugarWorld) -> None:
        described = world.connector.describe("Opportunities")
        types = {
            name: described.fields[name].type for name in ("id", "name", "amount", "date_closed", "probability", "date_modified")
        }
        assert types == {
            "id": FieldType.ID,
            "name": FieldType.TEXT,
            "amount": FieldType.MONEY,
            "date_closed": FieldType.DATE,
            "probability": FieldType.INTEGER,
            "date_modified": FieldType.DATETIME,
        }
        leads = world.connector.describe("Leads").fields
        assert leads["last_name"].required
        assert leads["last_name"].length == 100
        assert not leads["date_modified"].updateable

    def test_its_address_stands_for_the_instance(self, world: SugarWorld) -> None:
        assert world.connector.handshake().org == sandbox().sugarcrm_url

    def test_asks_for_the_metadata_once(self, world: SugarWorld) -> None:
        for _ in range(2):
            world.connector.describe("Leads")
        assert world.connector.calls == 1

    def test_values_take_their_canonical_form(self, world: SugarWorld) -> None:
        values = {"name": "Deal", "account_id": "a", "amount": "950000000.5", "date_closed": "2026-05-01", "probability": "90"}
        deal = world.org.create("Opportunities", {**values, "sales_stage": "Prospecting"}).id
        fields = ("id", "amount", "date_closed", "probability", "date_entered", "description", "deleted")
        assert _read(world, "Opportunities", fields)[deal].values == {
            "id": deal,
            "amount": "950000000.50",
            "date_closed": "2026-05-01",
            "probability": 90,
            "date_entered": "2026-03-01T12:00:00Z",
            "description": None,
            "deleted": False,
        }

    def test_writes_every_kind_of_value(self, world: SugarWorld) -> None:
        lead = world.create({"last_name": "Ada"})
        values = {"email": [ADDRESS], "do_not_call": True, "prm_accepted_at_c": "2026-03-02T10:00:00Z", "birthdate": "1990-01-31"}
        (receipt,) = world.connector.push(PushRequest("Leads", [world.delivery(lead, values)]))
        assert isinstance(receipt, Receipt)
        assert receipt.values == values == _read(world, "Leads", tuple(values))[lead].values
        stored = world.stored()[lead]
        assert stored["prm_accepted_at_c"] == int(datetime.fromisoformat("2026-03-02T10:00:00Z").timestamp())

    def test_a_value_of_the_wrong_type_is_not_sent(self, world: SugarWorld) -> None:
        lead = world.create({"last_name": "Ada"})
        (outcome,) = world.connector.push(PushRequest("Leads", [world.delivery(lead, {"prm_accepted_at_c": "soon"})]))
        assert isinstance(outcome, Rejected)
        assert (outcome.kind, outcome.fields) == ("type_mismatch", ("prm_accepted_at_c",))
        assert world.calls("/bulk") == []

    def test_a_converted_lead_without_contact_still_counts_as_converted(self, world: SugarWorld) -> None:
        lead = world.org.load("Leads", {"last_name": "Ada", "converted": True}).id
        assert _read(world, "Leads", ("last_name",))[lead].converted_to == {"contact": ""}

    def test_the_delivery_gives_a_create_its_id(self, world: SugarWorld) -> None:
        create = world.delivery(None, {"last_name": "Ada"})
        world.connector.push(PushRequest("Leads", [create]))
        assert list(world.stored()) == [create.id]

    def test_a_create_deleted_since_is_not_made_again(self, world: SugarWorld) -> None:
        create = world.delivery(None, {"last_name": "Ada"})
        world.connector.push(PushRequest("Leads", [create]))
        world.delete(create.id)
        (outcome,) = world.connector.push(PushRequest("Leads", [create]))
        assert isinstance(outcome, Rejected)
        assert outcome.kind == "deleted_remote"

    def test_a_chunk_costs_two_calls(self, world: SugarWorld) -> None:
        world.connector.push(PushRequest("Leads", [world.delivery(None, {"last_name": "the first"}, number=100)]))
        before = world.connector.calls
        world.connector.push(PushRequest("Leads", [world.delivery(None, {"last_name": f"n{n}"}, number=n) for n in range(100)]))
        assert world.connector.calls - before == 2

    def test_a_token_that_expires_inside_a_bulk_call_is_renewed(self, world: SugarWorld) -> None:
        create = world.delivery(None, {"last_name": "Ada"})
        world.connector.describe("Leads")
        refused = {"contents": {"error": "invalid_grant", "error_message": "x"}, "status": 401}
        world.org.faults.arm(path="/bulk$", status=200, body=[refused])
        (receipt,) = world.connector.push(PushRequest("Leads", [create]))
        assert isinstance(receipt, Receipt)
        assert len(world.calls("oauth2/token")) == 2

    def test_a_busy_answer_inside_a_bulk_call_is_tried_again(self, world: SugarWorld) -> None:
        creates = [world.delivery(None, {"last_name": f"n{n}"}, number=n) for n in range(2)]
        busy = {"contents": {"error": "fatal_error", "error_message": "x"}, "status": 500}
        world.org.faults.arm(path="/bulk$", status=200, body=[busy, busy], times=2)
        outcomes = world.connector.push(PushRequest("Leads", creates))
        assert [isinstance(outcome, Receipt) for outcome in outcomes] == [True, True]

    def test_several_choices_read_alike_in_whatever_order_they_are_kept(self, world: SugarWorld) -> None:
        lead = world.create({"last_name": "Ada", INTEREST: "^Security^,^Backup^"})
        assert _read(world, "Leads", (INTEREST,))[lead].values == {INTEREST: ["Backup", "Security"]}
        told = {INTEREST: ["Backup", "Network"]}
        (receipt,) = world.connector.push(PushRequest("Leads", [world.delivery(lead, told)]))
        assert isinstance(receipt, Receipt)
        assert receipt.values == told == _read(world, "Leads", (INTEREST,))[lead].values

    def test_no_choices_are_a_blank(self, world: SugarWorld) -> None:
        lead = world.create({"last_name": "Ada", INTEREST: ["Backup"]})
        world.connector.push(PushRequest("Leads", [world.delivery(lead, {INTEREST: None})]))
        assert _read(world, "Leads", (INTEREST,))[lead].values == {INTEREST: None}

    def test_a_server_with_a_lower_limit_only_makes_more_pages(self, world: SugarWorld) -> None:
        world.load(50)
        world.org.configure({"largest_page": 20})
        ids = tuple(world.stored())
        for wishes in ({}, {"ids": ids}):
            read = [
                r.ref.id for page in world.connector.pull(PullRequest("Leads", ("last_name",), **wishes)) for r in page.records
            ]
            assert sorted(read) == sorted(ids)
        deliveries = [world.delivery(crm_id, {"primary_address_city": "Bern"}, number=n) for n, crm_id in enumerate(ids)]
        assert {type(outcome) for outcome in world.connector.push(PushRequest("Leads", deliveries))} == {Receipt}

    def test_a_gateway_that_answers_in_html_is_tried_later(self, world: SugarWorld) -> None:
        world.org.faults.arm(path="/filter$", status=502, body="<html>Bad gateway</html>", every=True)
        with pytest.raises(RetryLater, match="502"):
            _read(world, "Leads", ("last_name",))

    def test_an_old_version_is_a_matter_of_configuration(self, world: SugarWorld) -> None:
        connector = world.connect(api_version="v4")
        with pytest.raises(ConfigError):
            connector.describe("Leads")


def _read(world: SandboxWorld, object: str, fields: tuple[str, ...]) -> dict[str, Record]:
    pages = world.connector.pull(PullRequest(object, fields))
    return {record.ref.id: record for page in pages for record in page.records}
