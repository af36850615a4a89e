"""What the CRM refused is not told to it again until something has changed, on either side or in the mapping."""

from dataclasses import replace

import pytest
from test_births import opportunity, partner_in
from two_crms import QUIET

from centri.connectors.memory import MemoryConnector
from centri.engine.retry import ignore, retry
from centri.errors import Rejected, RetryLater
from centri.sync.delivery import Receipt


class Strict:
    """A CRM's rule against a city, which counts how often it was asked."""

    def __init__(self, crm, city="Nowhere"):
        self.city, self.asked = city, 0
        crm.tidy = self

    def __call__(self, object, values):
        self.asked += values.get("City") == self.city
        if values.get("City") == self.city:
            raise Rejected("automation_error", "no such city", fields=["City"])
        return values


@pytest.fixture
def refused(world):
    """Globex, the newest record of its CRM, and a rule that has refused its city once."""
    world.globex = world.person_saves("east", "Account", Name="Globex", City="Ulm", Website="globex.example")
    world.sync()
    world.account = world.row("account")["id"]
    world.edit("account", world.account, city="Nowhere")
    world.strict = Strict(world.crms["east"])
    world.sync()
    assert (world.strict.asked, world.anomalies()) == (1, [("automation_error", "")])
    return world


def city(world):
    return world.crms["east"].objects["Account"][world.globex].values["City"]


def test_it_is_asked_once_however_often_the_record_is_read_again(refused):
    for _ in range(4):
        assert refused.writes() == QUIET
    assert refused.strict.asked == 1
    (anomaly,) = refused.anomaly_rows()
    assert (anomaly["state"], anomaly["occurrences"]) == ("open", 1)


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        (lambda w: w.edit("account", w.account, website="globex.test"), 2),
        (lambda w: w.edit("account", w.account, city="Elsewhere"), 1),
        (lambda w: w.person_saves("east", "Account", w.globex, Industry="Paper"), 2),
        (lambda w: w.person_saves("east", "Account", w.globex, Kind="Customer"), 2),
        (lambda w: retry(w.project, kind="automation_error"), 2),
        (lambda w: ignore(w.project, kind="automation_error"), 1),
        (lambda w: w.edit("account", w.account, street="Lane 1"), 1),
    ],
    ids=[
        "more to tell",
        "another value",
        "a mapped field",
        "any field of the CRM's",
        "retry",
        "ignore",
        "a field that is not told",
    ],
)
def test_it_goes_out_again_when_something_changed(refused, change, asked):
    change(refused)
    refused.sync()
    refused.sync()
    assert refused.strict.asked == asked


def test_a_value_that_the_crm_takes_closes_it(refused):
    refused.edit("account", refused.account, city="Bonn")
    refused.sync()
    assert (city(refused), refused.anomalies()) == ("Bonn", [])


def test_a_person_who_takes_the_edit_back_closes_it(refused):
    refused.edit("account", refused.account, city="Ulm")
    refused.sync()
    assert (city(refused), refused.anomalies()) == ("Ulm", [])
    refused.edit("account", refused.account, city="Nowhere")
    refused.sync()
    assert (refused.strict.asked, refused.anomalies()) == (2, [("automation_error", "")])


def test_a_rule_that_is_gone_is_told_by_a_retry(refused):
    refused.strict.city = ""
    refused.sync()
    assert city(refused) == "Ulm"
    retry(refused.project, kind="automation_error")
    refused.sync()
    assert (city(refused), refused.anomalies()) == ("Nowhere", [])


def test_a_newer_value_on_its_way_is_withdrawn_when_the_refused_one_is_back(refused):
    refused.edit("account", refused.account, city="Bonn")
    refused.crms["east"].faults.extend([None] * 5 + [RetryLater("busy")])
    refused.sync("east")
    assert [d["state"] for d in refused.deliveries() if d["values"] == {"City": "Bonn"}] == ["queued"]
    refused.edit("account", refused.account, city="Nowhere")
    refused.clock.forward(hours=2)
    refused.sync("east")
    assert (refused.strict.asked, city(refused)) == (1, "Ulm")
    assert [d["state"] for d in refused.deliveries() if d["values"] == {"City": "Bonn"}] == ["dropped"]


def test_a_refused_birth_is_tried_once(world):
    partner = partner_in(world, "west")
    opportunity(world, partner)
    asked = []

    def strict(object, values):
        if object == "Account" and values.get("Name") == "Nouvelle Banque":
            asked.append(values)
            raise Rejected("validation", "no banks")
        return values

    world.crms["west"].tidy = strict
    world.sync()
    account = next(a["id"] for a in world.rows("account") if a["name"] == "Nouvelle Banque")
    for street in ("Rue 1", "Rue 2", "Rue 3"):
        world.edit("account", account, street=street)  # which is not mapped
        world.sync("west")
    assert len(asked) == 1
    world.edit("account", account, city="Lyon")
    world.sync()
    assert len(asked) == 2


class Mistaken(MemoryConnector):
    """Takes every new note for the first that it made."""

    def push(self, request):
        outcomes = super().push(request)
        first = next(iter(self.crm.objects["Note"]), "") if request.object == "Note" else ""
        return [replace(o, ref=o.ref._replace(id=first)) if first and isinstance(o, Receipt) else o for o in outcomes]


def test_a_record_is_never_taken_from_the_one_that_it_is_linked_to(world):
    world.person_saves("east", "Lead", LastName="Wong", Status="New", Distribute=True)
    world.sync()
    note = {"parent_type": "lead", "parent_id": world.row("lead")["id"], "visibility": "both", "subject": "Call in May"}
    first = world.insert("note", **note)
    world.sync()
    world.project.use("east", Mistaken("east", world.crms["east"]))
    second = world.insert("note", **note)
    world.sync()
    assert [link["prm_id"] for link in world.links() if link["entity"] == "note"] == [first]
    (anomaly,) = world.anomaly_rows()
    assert (anomaly["kind"], anomaly["prm_id"], len(anomaly["detail"]["candidates"])) == ("duplicate_in_crm", second, 1)
