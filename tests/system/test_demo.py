"""``centri demo`` as a stranger runs it, and its claims, each of which must see what contradicts it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from centri.cli.demo_acts import Acts, Deal
from centri.cli.demo_claims import CLAIMS, STORIES, held
from centri.cli.demo_facts import Calls, Facts, Moment, sorted_out
from centri.cli.demo_stage import free_port, stage
from centri.errors import ConfigError
from centri.settings import Settings

ROOT = Path(__file__).parents[2]
COUNTS = {"round", "read", "to_prm", "to_crm", "created", "held", "api_calls", "seconds"}


def test_the_demo_keeps_its_claims_and_leaves_nothing_running(tmp_path: Path) -> None:
    environ = {**os.environ, "CENTRI_HOME": str(tmp_path), "CENTRI_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    command = [sys.executable, "-m", "centri", "demo", "--once", "--json"]
    ended = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False, timeout=280)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(ended.stdout)
    assert found["ok"] is True
    assert found["stories"] == {"use_case_1": True, "use_case_2": True}
    assert found["claims"] == dict.fromkeys(CLAIMS, True)
    assert found["against"] == {}
    first, second, third = found["rounds"]
    assert [set(played) for played in found["rounds"]] == [COUNTS] * 3
    assert [played["round"] for played in found["rounds"]] == [1, 2, 3]
    assert first["read"] > 1000
    assert first["created"] > 800
    assert (second["to_prm"], second["to_crm"], second["created"]) > (20, 40, 20)
    assert (third["to_prm"], third["to_crm"], third["created"]) == (0, 0, 0)
    assert 8 < len(found["held"]) < 60
    assert sum(one["kind"] == "conflict_open" for one in found["held"]) == 4
    assert all(one["note"] and one["record"] for one in found["held"])
    assert (tmp_path / "demo" / "prm.db").exists()
    assert (tmp_path / "demo" / "dagster" / "dagster.yaml").exists()
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "demo" / "sandbox.log").read_text("utf-8").count("Ctrl-C") == 1


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / "demo" / "letter.txt"
    theirs.parent.mkdir()
    theirs.write_text("dear all", encoding="utf-8")
    with pytest.raises(ConfigError, match="is not a folder of the demo"), stage(Settings(home=tmp_path), seed=1):
        pass
    assert theirs.read_text("utf-8") == "dear all"


def test_a_port_that_is_taken_is_not_the_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port


@pytest.mark.prove
def test_both_crms_end_with_the_stage_and_its_folder_is_made_anew(tmp_path: Path) -> None:
    for _ in range(2):
        with stage(Settings(home=tmp_path, environment=dict(os.environ)), seed=2) as found:
            rows = [crm.rows()["lead"] for crm in found.crms]
            assert [len(leads) for leads in rows] == [1200, 800]
            assert sorted(path.name for path in found.settings.home.iterdir()) == ["README.txt", "sandbox.log"]
            (found.settings.home / "prm.db").touch()
        for crm in found.crms:
            with pytest.raises(requests.ConnectionError):
                crm.rows()


def test_calls_are_sorted_by_what_they_do() -> None:
    entries = [
        ("POST", "/services/oauth2/token"),
        ("GET", "/services/data/v62.0/sobjects/Lead/describe"),
        ("GET", "/services/data/v62.0/queryAll/?q=SELECT Id FROM Lead WHERE SystemModstamp >= 2026-01-01T00:00:00Z"),
        ("POST", "/services/data/v62.0/composite/sobjects"),
        ("POST", "/rest/v11_24/oauth2/token"),
        ("GET", "/rest/v11_24/metadata?type_filter=modules&module_filter=Accounts"),
        ("POST", "/rest/v11_24/Accounts/filter"),
        ("PUT", "/rest/v11_24/Accounts/1"),
        ("GET", "/rest/v11_24/me"),
    ]
    found = sorted_out({"method": method, "path": path} for method, path in entries)
    assert found.writes == ["POST /services/data/v62.0/composite/sobjects", "PUT /rest/v11_24/Accounts/1"]
    assert found.reads == {"Lead": 2, "Accounts": 2, "me": 1}


# -- a small world in which every claim holds, and what breaks each ----------------------------------------------------------

PERSON = {"email": "mia@umbrella.example", "last_name": "Wong"}
OWN = {"email": "jean@banque.example", "last_name": "Petit"}
DEAL = Deal("crm", "L1", "a1", "o1", "Umbrella - Zero Trust", Decimal(48_000), "mia@umbrella.example", "Umbrella", "A demo")
BROUGHT = Deal("crm", "", "a2", "o2", "Banque - Data", Decimal(9), "jean@banque.example", "Banque", "Budget")


def link(number: int, entity: str, crm_id: str, prm_id: str, object: str, role: str = "origin") -> tuple[int, dict[str, Any]]:
    row = {"id": number, "entity": entity, "crm_id": crm_id, "prm_id": prm_id, "object": object, "role": role}
    return number, {**row, "connection": "crm", "state": "active"}


def lead(**values: Any) -> dict[str, Any]:
    blank = ("distribute", "our_opportunity", "opportunity_name", "amount", "source", "company", "converted", "became", "our_id")
    return {**dict.fromkeys(blank), "phone": None, **values}


def crm_rows() -> dict[str, Any]:
    return {
        "account": {"A1": {"id": "A1", "name": "Umbrella", "our_id": None}, "A2": {"id": "A2", "name": "Banque", "our_id": "a2"}},
        "contact": {
            "C1": {"id": "C1", "account": "A1", "our_id": "c1", **PERSON},
            "C2": {"id": "C2", "account": "A2", "our_id": "c2", **OWN},
        },
        "lead": {
            "L1": lead(id="L1", distribute=True, our_id="l1", our_opportunity="o1", opportunity_name=DEAL.name,
                       amount=DEAL.amount, company="Umbrella Holding", **PERSON),
            "L2": lead(id="L2", source="Partner", our_opportunity="o2", opportunity_name=BROUGHT.name, amount=BROUGHT.amount,
                       company="Banque", converted=True, became="O2", **OWN),
            "L3": lead(id="L3", email=None, last_name="Nobody"),
        },
        "opportunity": {"O2": {"id": "O2", "our_id": None}},
        "note": {"N1": {"parent": "L1", "subject": "A demo"}, "N2": {"parent": "L2", "subject": "Budget"}},
    }  # fmt: skip


def prm_rows() -> dict[str, Any]:
    anomaly = {
        "id": 1,
        "connection": "crm",
        "entity": "lead",
        "object": "Lead",
        "crm_id": "L1",
        "prm_id": "l1",
        "field": "company",
    }
    return {
        "lead": {"l1": {"revision": 2, "last_name": "Wong", "phone_e164": "+4989", "company": "Umbrella Group"}},
        "note": {"n1": {"revision": 1, "subject": "Call", "parent_id": "l1"}},
        "opportunity": {
            "o1": {"revision": 1, "originating_lead_id": "l1"},
            "o2": {"revision": 3, "originating_lead_id": "l2", "approval_state": "approved", "vendor_stage": "qualification",
                   "partner_stage": "proposal"},
        },
        "sync_link": dict([
            link(1, "lead", "L1", "l1", "Lead"), link(2, "account", "A1", "a1", "Account"),
            link(3, "account", "A2", "a2", "Account", "mirror"), link(4, "opportunity", "L1", "o1", "Lead", "push_lead"),
        ]),
        "sync_anomaly": {1: {**anomaly, "kind": "conflict_open", "severity": "warning", "state": "open", "note": "both changed"}},
    }  # fmt: skip


def world() -> Facts:
    acts = Acts(
        phones={("crm", "L1"): "+49 89"},
        notes={("crm", "L1"): "Call"},
        handed_out={("crm", "L1")},
        conflicts={("crm", "L1"): ("Umbrella Holding", "Umbrella Group")},
        deals=[DEAL],
        own=[BROUGHT],
    )
    there = {"account": {"A9": {"id": "A9", "name": "Elsewhere", "our_id": None}}, "contact": {}, "lead": {}, "note": {}}
    start = Moment({"crm": {"account": {"A1": crm_rows()["account"]["A1"]}}, "other": there}, {})
    moments = [Moment({"crm": crm_rows(), "other": deepcopy(there)}, prm_rows()) for _ in range(3)]
    return Facts(acts, start, *moments, {"crm": Calls([], {"Lead": 2})}, {"crm": "Partner"})


def crm(facts: Facts) -> dict[str, Any]:
    rows: Any = facts.end.crms["crm"]
    return rows  # type: ignore[no-any-return]  # changed below on purpose


def prm(facts: Facts) -> dict[str, Any]:
    rows: Any = facts.end.prm
    return rows  # type: ignore[no-any-return]  # changed below on purpose


def set_calls(facts: Facts, calls: Calls) -> None:
    facts.calls["crm"] = calls  # type: ignore[index]  # changed on purpose


BREAKS: Mapping[str, Mapping[str, Callable[[Facts], Any]]] = {
    "third_round_wrote_nothing_to_the_crms": {
        "a call": lambda f: set_calls(f, Calls(["POST /x"], {})),
        "a row": lambda f: crm(f)["lead"]["L3"].update(company="New"),
    },
    "third_round_left_the_prm_alone": {
        "a revision": lambda f: prm(f)["lead"]["l1"].update(revision=3),
        "a row more": lambda f: prm(f)["note"].update(n2={"revision": 1, "subject": "", "parent_id": ""}),
        "a row less": lambda f: prm(f)["note"].clear(),
    },
    "third_round_read_sparingly": {"a call more": lambda f: set_calls(f, Calls([], {"Lead": 3}))},
    "every_handed_out_lead_is_in_the_prm_once": {
        "missing": lambda f: f.before.prm["sync_link"].pop(1),
        "twice": lambda f: f.before.prm["sync_link"].update([link(9, "lead", "L1", "l1", "Lead", "secondary")]),
        "another person": lambda f: f.before.prm["lead"]["l1"].update(last_name="Wang"),
        "not handed out": lambda f: f.before.prm["sync_link"].update([link(9, "lead", "L3", "l1", "Lead")]),
    },
    "no_account_crossed": {
        "from nowhere": lambda f: crm(f)["account"].update(A3={"id": "A3", "name": "New", "our_id": None}),
        "of the other CRM": lambda f: crm(f)["account"]["A2"].update(name="Elsewhere"),
        "lost": lambda f: crm(f)["account"].pop("A1"),
    },
    "nothing_is_linked_twice": {
        "a CRM record": lambda f: prm(f)["sync_link"].update([link(9, "account", "A1", "a9", "Account")]),
        "a PRM record": lambda f: prm(f)["sync_link"].update([link(9, "account", "A9", "a1", "Account")]),
        "one id on two records": lambda f: crm(f)["contact"]["C2"].update(our_id="c1"),
    },
    "the_vendors_changes_arrived": {
        "no phone": lambda f: prm(f)["lead"]["l1"].update(phone_e164="+4930"),
        "no note": lambda f: prm(f)["note"].clear(),
        "no lead": lambda f: prm(f)["sync_link"].pop(1),
    },
    "conflicts_are_held": {
        "the partner won": lambda f: crm(f)["lead"]["L1"].update(company="Umbrella Group"),
        "the vendor won": lambda f: prm(f)["lead"]["l1"].update(company="Umbrella Holding"),
        "nobody knows": lambda f: prm(f)["sync_anomaly"][1].update(state="resolved"),
    },
    "held_records_say_why": {"not a word": lambda f: prm(f)["sync_anomaly"][1].update(note="")},
    "use_case_1": {
        "doubled": lambda f: crm(f)["lead"].update(L4=lead(id="L4", **PERSON)),
        "another amount": lambda f: crm(f)["lead"]["L1"].update(amount=Decimal(1)),
        "another name": lambda f: crm(f)["lead"]["L1"].update(opportunity_name="Umbrella"),
        "no contact": lambda f: crm(f)["contact"].pop("C1"),
        "a contact elsewhere": lambda f: crm(f)["contact"]["C1"].update(account="A2"),
        "two accounts": lambda f: prm(f)["sync_link"].update([link(9, "account", "A9", "a1", "Account")]),
        "no note": lambda f: crm(f)["note"].pop("N1"),
    },
    "use_case_2": {
        "no lead": lambda f: f.pushed.crms["crm"]["lead"].pop("L2"),
        "not from a partner": lambda f: f.pushed.crms["crm"]["lead"]["L2"].update(source="Web"),
        "no account": lambda f: f.pushed.crms["crm"]["account"].pop("A2"),
        "no contact": lambda f: f.pushed.crms["crm"]["contact"].pop("C2"),
        "no note": lambda f: f.pushed.crms["crm"]["note"].pop("N2"),
        "not converted": lambda f: crm(f)["lead"]["L2"].update(converted=None),
        "no approval": lambda f: prm(f)["opportunity"]["o2"].update(approval_state="submitted"),
        "the partner's stage lost": lambda f: prm(f)["opportunity"]["o2"].update(partner_stage="qualification"),
        "came back as another": lambda f: prm(f)["opportunity"].update(o3={"originating_lead_id": "l2"}),
    },
}  # fmt: skip


def test_every_claim_is_broken_below_in_some_way() -> None:
    assert BREAKS.keys() == {**CLAIMS, **STORIES}.keys()


@pytest.mark.parametrize("name", BREAKS)
def test_a_claim_holds_in_a_world_that_is_right(name: str) -> None:
    assert list({**CLAIMS, **STORIES}[name].against(world())) == []


@pytest.mark.parametrize(("name", "way"), [(name, way) for name, ways in BREAKS.items() for way in ways])
def test_a_claim_sees_what_contradicts_it(name: str, way: str) -> None:
    facts = world()
    BREAKS[name][way](facts)
    assert list({**CLAIMS, **STORIES}[name].against(facts)) != []


def test_mere_remarks_are_not_held() -> None:
    facts = world()
    prm(facts)["sync_anomaly"][1]["severity"] = "info"
    assert held(facts.end) == []
