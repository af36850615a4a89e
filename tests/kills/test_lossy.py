"""Over a network that fails one call in twenty in every way there is, a sync ends where it ends over a good one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from end_state import difference, end_state, natural_keys
from kill_scene import MAPPINGS, store_rows
from sqlalchemy import insert, select
from stories.story_crms import SALESFORCE, SUGARCRM, Crm

from centri.connectors import http
from centri.connectors.http import Patience
from centri.connectors.registry import open_connector
from centri.engine import partner_acts
from centri.engine import push as pushing
from centri.engine.project import Project, open_project
from centri.engine.sync import sync
from centri.errors import RetryLater
from centri.sandbox.server import Sandbox
from centri.settings import Settings
from centri.store.database import read, write
from centri.store.journal_tables import sync_delivery
from centri.store.prm_tables import partner_account, partner_user, vendor_user

pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARTNERS, CUSTOMERS, LEADS, DEALS = 100, 11_900, 8_000, 40
PAGE = 20
SHARE = 0.05
SEED = 210
MORE_CALLS = 0.15

FAILURES: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}},
    {"kind": "status", "status": 504, "after": True},
    {"kind": "reset"},
    {"kind": "reset", "after": True},
    {"kind": "truncate"},
    {"kind": "hang", "seconds": 60},
    {"kind": "hang", "seconds": 60, "after": True},
    {"kind": "expired_token"},
)
_CALLS = "^(?!.*oauth2)"


class Business:
    """A CRM full of records, and a store that hears of them over a network that may be lossy."""

    def __init__(self, crm: Crm, sandbox: Sandbox, database_url: str, home: Path) -> None:
        self.crm = crm
        self.url = {"sugarcrm": sandbox.sugarcrm_url, "salesforce": sandbox.salesforce_url}[crm.name]
        self._org: Any = {"sugarcrm": sandbox.sugarcrm, "salesforce": sandbox.salesforce}[crm.name]
        self._hour = 0
        self.broken_off = 0
        settings = Settings(
            home, MAPPINGS, database_url, timedelta(0), page_size=PAGE, environment=sandbox.environment
        )  # fmt: skip
        self.project: Project = open_project(settings, clock=lambda: START + timedelta(hours=self._hour))
        config = self.project.mapping.connections[crm.name]
        patience = Patience(first=0.0, sleep=lambda _: None)
        self._connector = open_connector(config.type, crm.name, config.resolve(settings.environment), patience=patience)
        self.project.use(crm.name, self._connector)
        self._org.reset()
        self._owners_are_known()
        self._load()

    @property
    def calls(self) -> int:
        return int(self._connector.calls)

    def loses(self) -> None:
        """From now on one call in twenty fails, in one way or another."""
        for seed, failure in enumerate(FAILURES, SEED):
            self._control("POST", "faults", {"path": _CALLS, "share": SHARE / len(FAILURES), "seed": seed, **failure})

    def struck(self) -> dict[str, int]:
        """How often each way of failing has."""
        struck: dict[str, int] = {}
        for fault in self._control("GET", "faults")["faults"]:
            struck[fault["kind"]] = struck.get(fault["kind"], 0) + fault["hit"]
        return struck

    def run(self) -> None:
        """The first load, then what partners bring in, each until nothing is owed any more."""
        self._until_rest()
        self._partners_work()
        self._until_rest()

    def end(self) -> tuple[dict[str, list[str]], list[str]]:
        self._control("DELETE", "faults")
        store = store_rows(self.project.engine)
        objects = [object for word, object in self.crm.objects.items() if word != "user"]
        crm = {o: self._control("GET", f"state?object={o}&deleted=false")["rows"] for o in objects}
        return end_state(store, crm), natural_keys(store) + natural_keys(crm)

    def _load(self) -> None:
        partner = {"type": "reseller", "country": "Germany"}
        self._touched: dict[str, str] = {}
        made = [
            self._put("account", n, name=f"{_word(n)} Partners", website=f"{_word(n)}.example".lower(), **partner)
            for n in range(PARTNERS)
        ]
        for n in range(PARTNERS, PARTNERS + CUSTOMERS):
            site = f"{_word(n)}.example".lower()
            last = self._put("account", n, name=f"{_word(n)} Works", type="prospect", website=site, country="Germany")
        self._touched[self.crm.objects["account"]] = last
        for n in range(LEADS):
            to = {"partner": made[n % PARTNERS]} if n % 2 else {}
            company = f"{_word(PARTNERS + n)} Works"
            given = {"company": company, "status": "new", "distribute": True, **to}
            last = self._put(
                "lead", n, last_name=f"Lead {_word(n)}", email=f"lead{n}@{_word(PARTNERS + n)}.example".lower(), **given
            )
            if not n % 2:
                self._touched[self.crm.objects["lead"]] = last

    def _owners_are_known(self) -> None:
        """The CRM's users, to whom its records belong, may use the PRM too."""
        users = [self.crm.heard("user", row) for row in self._control("GET", f"state?object={self.crm.objects['user']}")["rows"]]
        with write(self.project.engine) as conn:
            for user in filter(None, (user["email"] for user in users)):
                conn.execute(insert(vendor_user).values(email=user))

    def _put(self, object: str, n: int, **values: Any) -> str:
        at = START.timestamp() - 100_000 + 7 * n
        told = self.crm.told(object, values)
        self._org.clock.set(int(at), frozen=True)
        return str(self._org.create(self.crm.objects[object], told).id)

    def _partners_work(self) -> None:
        with write(self.project.engine) as conn:
            t = partner_account.c
            partners = conn.execute(select(t.id).order_by(t.name).limit(DEALS)).scalars().all()
            people = [
                {"partner_account_id": p, "email": f"cpa{n}@cpa.example", "last_name": f"Cpa {n}", "role": "cpa"}
                for n, p in enumerate(partners)
            ]
            conn.execute(insert(partner_user), people)
        for n in range(DEALS):
            who, word = f"cpa{n}@cpa.example", _word(9000 + n)
            person = {"last_name": f"Own {word}", "email": f"own@{word}.example".lower(), "company": f"{word} Bank"}
            found = partner_acts.create_lead(self.project, who, person)
            partner_acts.add_note(self.project, f"lead/{found}", who, f"Note {word}")
            deal = {"name": f"Deal {word}", "amount": "1000", "currency": "EUR", "close_date": "2026-09-15", "stage": "open"}
            partner_acts.convert_lead(self.project, found, who, deal)

    def _until_rest(self) -> None:
        quiet = 0
        while quiet < 2:
            self._hour += 2  # whatever was put off is due again
            assert self._hour < 60, "it does not come to rest"
            self._control("POST", "clock", {"now": self.project.now().isoformat(), "frozen": True})
            self._somebody_works()
            try:
                tallies = sync(self.project, self.crm.name).tallies.values()
            except RetryLater:
                self.broken_off += 1
                continue
            busy = any(t.to_prm + t.to_crm + t.created + t.held for t in tallies) or self._owed()
            quiet = 0 if busy else quiet + 1

    def _somebody_works(self) -> None:
        """On records that nobody else writes and fields that nobody reads, so that no cursor rests on what we wrote ourselves."""
        for object, id in self._touched.items():
            self._org.touch(object, id)

    def _owed(self) -> bool:
        with read(self.project.engine) as conn:
            return (
                conn.execute(select(sync_delivery.c.id).where(sync_delivery.c.state.in_(("queued", "sending")))).first()
                is not None
            )

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/__sandbox__/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json()


def _word(n: int) -> str:
    """A name for each number that resembles no other's much."""
    syllables = ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va")
    scattered = n * 40503 % 65536
    return "".join(syllables[scattered >> shift & 15] for shift in (0, 4, 8, 12)).capitalize()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


@pytest.fixture(params=[SUGARCRM, SALESFORCE], ids=lambda crm: crm.name)
def crm(request: pytest.FixtureRequest) -> Crm:
    return request.param


@pytest.fixture
def business(
    crm: Crm, sandbox: Sandbox, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Business]:
    monkeypatch.setattr(http, "TIMEOUT", (1.0, 1.0))
    monkeypatch.setattr(pushing, "BATCH", PAGE)

    def made(name: str) -> Business:
        home = tmp_path / name
        home.mkdir()
        (home / "store.db").write_bytes(sqlite_template.read_bytes())
        return Business(crm, sandbox, f"sqlite:///{home}/store.db", home)

    return made


def test_a_lossy_network_changes_nothing_in_the_end_and_costs_few_calls(business: Callable[[str], Business]) -> None:
    good = business("good")
    good.run()
    wanted, keys = good.end()
    good.project.close()
    lossy = business("lossy")
    lossy.loses()
    lossy.run()
    struck, calls = lossy.struck(), lossy.calls
    end, found = lossy.end()
    lossy.project.close()
    assert sorted(set(found)) == sorted(found)
    assert difference(end, wanted) == []
    assert found == keys
    assert all(struck.values()), struck
    assert sum(struck.values()) > 0.03 * calls
    assert calls <= good.calls * (1 + MORE_CALLS), (calls, good.calls, struck, lossy.broken_off)
