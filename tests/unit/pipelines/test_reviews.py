"""What waits for a person, as Dagster shows it: tables with the commands that resolve, and nothing personal in them."""

import base64
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import dagster as dg
import pytest
from sqlalchemy import insert

from centri.engine.project import Project
from centri.engine.sync import sync
from centri.pipelines.definitions import build_definitions
from centri.pipelines.resources import Watch
from centri.pipelines.reviews import JOB
from centri.store.database import write
from centri.store.match_tables import lead_match
from centri.store.prm_tables import account, lead


@pytest.fixture
def project(crm_project):
    return crm_project


def made(project: Project) -> dict[str, dict[str, object]]:
    resources = {"project": replace(project), "watch": Watch()}
    job = build_definitions(project.mapping, project.settings, resources).resolve_job_def(JOB)
    events = job.execute_in_process(instance=dg.DagsterInstance.ephemeral()).get_asset_materialization_events()
    told = {e.asset_key.path[-1]: e.step_materialization_data.materialization.metadata for e in events}
    return {name: {key: value.value for key, value in metadata.items()} for name, metadata in told.items()}


def test_where_nothing_waits_it_is_said(project):
    found = made(project)
    assert found["anomalies"] == {"open": 0, "kinds": 0, "anomalies": "Nothing is set aside."}
    assert found["conflicts"] == {"open": 0, "conflicts": "Nothing is in conflict."}
    assert (found["match_reviews"]["waiting"], found["match_reviews"]["reviews"]) == (0, "No lead waits to be decided on.")
    assert found["pace"]["records"] == 0


def test_anomalies_stand_by_kind_and_one_by_one_with_their_story(project, crm):
    saved = crm.save("Lead", {"FirstName": "Kim", "LastName": "Lee", "Company": "Acme", "Email": "kim(at)acme"})
    sync(project, "north")
    found = made(project)["anomalies"]
    assert (found["open"], found["kinds"]) == (1, 1)
    assert f"`centri trace north Lead {saved.id}`" in found["anomalies"]
    assert "kim" not in found["anomalies"].lower()


def test_a_conflict_stands_with_both_ways_out_and_personal_values_are_not_told(project, crm):
    company = crm.save("Account", {"Name": "Acme", "Website": "acme.example", "City": "Bonn"})
    person = crm.save("Lead", {"FirstName": "Kim", "LastName": "Lee", "Company": "Acme", "Email": "kim@acme.example"})
    sync(project, "north")
    with write(project.engine) as conn:
        conn.execute(account.update().values(city="Ulm", revision=account.c.revision + 1))
        conn.execute(lead.update().values(first_name="Kimberley", revision=lead.c.revision + 1))
    crm.save("Account", {"City": "Köln"}, id=company.id)
    crm.save("Lead", {"FirstName": "Jim"}, id=person.id)
    sync(project, "north")
    found = made(project)["conflicts"]
    assert found["open"] == 2
    assert "| city | Köln | Ulm |" in found["conflicts"]
    assert "| first_name | (personal) | (personal) |" in found["conflicts"]
    assert len(re.findall(r"`centri resolve account \S+ city --take (?:crm|prm)`", found["conflicts"])) == 2


def test_leads_to_decide_on_stand_with_their_best_candidate_and_a_picture_of_all(project, crm):
    crm.save("Account", {"Name": "Acme", "Website": "acme.example", "City": "Bonn"})
    crm.save("Lead", {"FirstName": "Kim", "LastName": "Lee", "Company": "Akme", "Email": "kim@other.example"})
    sync(project, "north")
    with write(project.engine) as conn:
        who = conn.execute(lead.select()).mappings().one()["id"]
        best = conn.execute(account.select()).mappings().one()["id"]
        conn.execute(lead.update().values(match_class="review"))
        conn.execute(lead_match.delete())
        said = {"candidate": f"account/{best}", "score": 0.71, "verdict": "review", "because": "name"}
        conn.execute(insert(lead_match).values(lead_id=who, **said))
    found = made(project)["match_reviews"]
    assert (found["waiting"], found["matched"]) == (1, 1)
    assert f"| {who} | Akme | Acme | 0.71 | name | `centri match explain {who}` |" in found["reviews"]
    (picture,) = re.findall(r"base64,([^)]+)\)", found["reviews"])
    drawn = base64.b64decode(picture).decode()
    assert "1 (1 to decide)" in drawn
    assert ET.fromstring(drawn).attrib["aria-label"] == "Leads by how sure their match is"


def test_the_pace_of_the_last_day_is_drawn_by_connection(project, crm):
    for n in range(5):
        crm.save("Account", {"Name": f"Acme {n}", "Website": f"acme{n}.example", "City": "Bonn"})
    sync(project, "north")
    found = made(project)["pace"]
    assert found["records"] == 5
    pictures = [base64.b64decode(p).decode() for p in re.findall(r"base64,([^)]+)\)", found["pace"])]
    titles = [ET.fromstring(p).attrib["aria-label"] for p in pictures]
    assert titles == ["Records per second while reading", "Seconds until a change is read"]
