"""The world that every story is set in: a CRM behind HTTP, people in it, an empty store, partners' people, one clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from opening import opened
from sqlalchemy import insert, select
from story_crms import Crm

from centri.connectors.http import Patience
from centri.connectors.registry import open_connector
from centri.engine.acts import acting
from centri.engine.project import Project
from centri.engine.sync import Round, sync
from centri.sandbox.people import Person
from centri.sandbox.server import Sandbox
from centri.settings import Settings
from centri.store.database import read, write
from centri.store.prm_tables import partner_user, vendor_user
from centri.store.tables import metadata

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAPPINGS = Path(__file__).parents[2] / "mappings.yaml"

PARTNERS = {
    "P1": {"name": "Alpine Resellers GmbH", "type": "reseller", "website": "alpine.example", "country": "Germany"},
    "P2": {"name": "Bavaria IT AG", "type": "integrator", "website": "bavaria.example", "country": "Germany"},
    "P3": {"name": "Castell Systems SARL", "type": "reseller", "website": "castell.example", "country": "France"},
}
USERS = {
    "Alpine Resellers GmbH": {"clara": "cpa", "rita": "rep", "rob": "rep"},
    "Bavaria IT AG": {"bernd": "cpa"},
    "Castell Systems SARL": {"celine": "cpa"},
}
_READS = (r"/oauth2/token", r"/filter$")
_PATIENCE = Patience(attempts=3, first=0.0, longest=60.0, sleep=lambda _: None)


class World:
    """``crm`` says how the CRM names things; :meth:`at` moves its clock and ours."""

    def __init__(self, crm: Crm, sandbox: Sandbox, store_url: str, home: Path) -> None:
        self.crm = crm
        self.url: str = {"sugarcrm": sandbox.sugarcrm_url, "salesforce": sandbox.salesforce_url}[crm.name]
        self._control("POST", "reset")
        self.now = T0
        self._settings = Settings(home, MAPPINGS, store_url, overlap=timedelta(seconds=5), environment=sandbox.environment)
        self.project: Project = self._opened()
        self.at()
        self.dana = Person(self.url, self.hired("dana"))
        for user in self.dana.rows(crm.objects["user"]):
            self.gets_a_login(crm.heard("user", user)["email"])

    def at(self, **after: float) -> None:
        """It is so long after the story's beginning, for everybody."""
        self.now = T0 + timedelta(**after)
        self._control("POST", "clock", {"now": self.now.isoformat(), "frozen": True})

    def crm_clock(self, ahead: float) -> None:
        """The CRM's clock runs so many minutes ahead of everybody's, until the next :meth:`at`."""
        wrong = self.now + timedelta(minutes=ahead)
        self._control("POST", "clock", {"now": wrong.isoformat(), "frozen": True})

    def restarted(self, *mapped: tuple[str, str], **settings: Any) -> None:
        """Another process goes on, with other settings, and text of the mapping replaced, wherever that is asked for."""
        self.project.close()
        if mapped:
            text = self._settings.mappings.read_text(encoding="utf-8")
            for old, new in mapped:
                assert old in text, old
                text = text.replace(old, new)
            self._settings.home.mkdir(parents=True, exist_ok=True)
            settings["mappings"] = self._settings.home / "mappings.yaml"
            settings["mappings"].write_text(text, encoding="utf-8")
        self._settings = replace(self._settings, **settings)
        self.project = self._opened()

    def close(self) -> None:
        self.project.close()

    # -- people in the CRM ---------------------------------------------------------------------------------------------

    def dana_creates(self, object: str, id: str | None = None, **values: Any) -> str:
        """The vendor's channel manager makes a record; answers its id."""
        made = self._edit("create", object, values=self.crm.told(object, values), **({"id": id} if id else {}))
        return str(made["id"])

    def dana_creates_many(self, object: str, rows: Iterable[Mapping[str, Any]], *, late_seconds: int = 0) -> list[str]:
        """The same for many in one moment, seen by readers so much later than they are stamped; answers their ids."""
        who = {"object": self.crm.objects[object], "user": self.dana.user, "late_seconds": late_seconds}
        acts = [{"action": "create", "values": self.crm.told(object, values), **who} for values in rows]
        return [str(made["id"]) for made in self._control("POST", "edit", acts)]

    def dana_deletes(self, object: str, id: str) -> None:
        self._edit("delete", object, id=id)

    def dana_restores(self, object: str, id: str) -> None:
        self._edit("undelete", object, id=id)

    def dana_merges(self, object: str, loser: str, *, into: str) -> None:
        self._edit("merge", object, id=into, losers=[loser])

    def dana_sets(self, object: str, id: str, **values: Any) -> None:
        self._edit("update", object, id=id, values=self.crm.told(object, values))

    def dana_converts(self, lead: str, *, opportunity: Mapping[str, Any] | None, **existing: str) -> dict[str, str]:
        """Answers the ids of what the lead became: ``account_id``, ``contact_id``, ``opportunity_id``."""
        wanted = self.crm.told("opportunity", opportunity) if opportunity else None
        return dict(self._edit("convert", "lead", id=lead, opportunity=wanted, **existing)["converted"])

    def dana_links(self, lead: str, opportunity: str, our_id: str) -> None:
        """Tell which opportunity belongs to a lead converted without: on the lead or, where that is closed, by our id on it."""
        if self.crm.lead_names_opportunity:
            self.dana_sets("lead", lead, opportunity=opportunity)
        else:
            self.dana_sets("opportunity", opportunity, our_id=our_id)

    # -- the machine in between ----------------------------------------------------------------------------------------

    def sync(self) -> Round:
        return sync(self.project, self.crm.name)

    def fault(self, **settings: Any) -> None:
        """Arm a fault; the next calls that match are hit."""
        self._control("POST", "faults", settings)

    def mend(self) -> None:
        """Disarm all faults."""
        self._control("DELETE", "faults")

    def rule(self, **settings: Any) -> None:
        """Something that the CRM's administrator decides."""
        self._control("POST", "settings", settings)

    def require(self, object: str, word: str) -> None:
        """The CRM's administrator makes a field required."""
        field = self.crm.fields[object][word]
        self._control("POST", "schema", {"object": self.crm.objects[object], "field": field, "required": True})

    def configure(self, **settings: Any) -> None:
        """What the CRM's administrator sets, and what its maker allows."""
        self._control("POST", "settings", settings)

    def struck(self) -> int:
        """How often armed faults have hit."""
        return sum(fault["hit"] for fault in self._control("GET", "faults")["faults"])

    # -- what is there now ---------------------------------------------------------------------------------------------

    def in_crm(self, object: str) -> list[dict[str, Any]]:
        """The CRM's live rows by our words, as it shows them itself."""
        return [self.crm.heard(object, row) for row in self._raw(object)]

    def crm_row(self, object: str, id: str) -> dict[str, Any]:
        (found,) = [row for row in self.in_crm(object) if row["id"] == id]
        return found

    def prm(self, table: str, **where: Any) -> list[dict[str, Any]]:
        """The store's rows with these values, as the database has them."""
        with read(self.project.engine) as conn:
            rows = [dict(row) for row in conn.execute(select(metadata.tables[table])).mappings()]
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    def prm_row(self, table: str, **where: Any) -> dict[str, Any]:
        """The one row with these values."""
        (found,) = self.prm(table, **where)
        return found

    def links(self, **where: Any) -> list[dict[str, Any]]:
        return self.prm("sync_link", connection=self.crm.name, **where)

    def anomalies(self) -> list[str]:
        """The kinds of what is open and asks for somebody."""
        return sorted(row["kind"] for row in self.prm("sync_anomaly", state="open") if row["severity"] != "info")

    def called(self) -> list[dict[str, Any]]:
        """The calls so far, each with its ``method``, ``path``, ``query`` and ``body``."""
        return list(self._control("GET", "log")["entries"])

    def calls(self) -> list[str]:
        """The calls so far, log-ins left out."""
        entries = self._control("GET", "log")["entries"]
        return [f"{e['method']} {e['path']}" for e in entries if "/oauth2/token" not in e["path"]]

    def written(self) -> list[str]:
        """The calls so far that write."""
        return [
            f"{e['method']} {e['path']} {e['body']}"
            for e in self.called()
            if e["method"] != "GET" and not any(re.search(p, e["path"]) for p in _READS)
        ]

    def order_of_writes(self, *objects: str) -> list[str]:
        """The objects in the order in which they were first written."""
        calls = self.written()
        names = {o: re.compile(rf'[/"\\]{self.crm.objects[o]}["/\\]') for o in objects}
        first = {o: [bool(name.search(call)) for call in calls].index(True) for o, name in names.items()}
        return sorted(objects, key=first.__getitem__)

    def forget_calls(self) -> None:
        self._control("DELETE", "log")

    # -- what holds after every story ----------------------------------------------------------------------------------

    def rests(self, *, open: tuple[str, ...] = ()) -> None:
        """G1: the same flows once more write nothing on either side. G2: nothing is open but what the story says."""
        self.forget_calls()
        self.sync()  # hears the echo of the last writes
        self.now += timedelta(hours=1)
        self._control("POST", "clock", {"now": self.now.isoformat(), "frozen": True})
        before = self._everything()
        done = self.sync()
        assert self.written() == []
        assert self._everything() == before
        assert [(e, t.created, t.to_prm, t.to_crm) for e, t in done.tallies.items() if t.created or t.to_prm or t.to_crm] == []
        assert self.anomalies() == sorted(open)

    def _everything(self) -> dict[str, Any]:
        """Every row of the CRM and every business row of the store."""
        crm = {object: self._raw(object) for object in self.crm.objects}
        tables = [t.name for t in metadata.sorted_tables if "revision" in t.c and "origin" in t.c]
        return {"crm": crm, "prm": {t: sorted(self.prm(t), key=lambda row: row["id"]) for t in tables}}

    # -- partners' people ----------------------------------------------------------------------------------------------

    def employ(self, *partners: str) -> None:
        """Give partners that are synced by now their users: ``clara@alpine.example`` and so on."""
        for key in partners:
            partner = self.prm_row("partner_account", name=PARTNERS[key]["name"])
            with write(self.project.engine) as conn:
                for name, role in USERS[partner["name"]].items():
                    user = {"email": f"{name}@{PARTNERS[key]['website']}", "first_name": name.capitalize(), "role": role}
                    conn.execute(insert(partner_user).values(partner_account_id=partner["id"], last_name="Test", **user))

    # -- the vendor's people -------------------------------------------------------------------------------------------

    def hired(self, name: str) -> str:
        """The vendor has somebody new in the CRM, ``name@vantage.example``; answers the user's id."""
        email = f"{name}@vantage.example"
        values = {"email": email, "last_name": name.capitalize(), "login": email, "alias": name}
        known = {word: value for word, value in values.items() if word in self.crm.fields["user"]}
        act = {"action": "create", "object": self.crm.objects["user"], "values": self.crm.told("user", known)}
        return str(self._control("POST", "edit", act)["id"])

    def gets_a_login(self, email: str | None) -> None:
        """Somebody of the vendor's may use the PRM; of a user without address nothing can be known here."""
        if email:
            with write(self.project.engine) as conn:
                conn.execute(insert(vendor_user).values(email=email))

    def edits(self, who: str, table: str, id: str, **values: Any) -> None:
        """A partner's user changes a row, through the engine's own way of acting."""
        with acting(self.project, "edit", who) as act:
            act.change(table, id, values)

    def _opened(self) -> Project:
        project = opened(self._settings, lambda: self.now)
        config = project.mapping.connections[self.crm.name]
        options = config.resolve(self._settings.environment)
        project.use(self.crm.name, open_connector(config.type, self.crm.name, options, patience=_PATIENCE))
        return project

    def _edit(self, action: str, object: str, **wishes: Any) -> dict[str, Any]:
        act = {"action": action, "object": self.crm.objects[object], "user": self.dana.user, **wishes}
        return dict(self._control("POST", "edit", act))

    def _raw(self, object: str) -> list[dict[str, Any]]:
        return self.dana.rows(self.crm.objects[object]) if object != "user" else []

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/__sandbox__/{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()
