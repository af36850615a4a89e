"""The partners, accounts and rules of the shared fixture, in a store of their own, for stories of routing and distribution."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from opening import mapping_at
from sqlalchemy import insert, select

from centri.engine.project import Project, project_of
from centri.settings import Settings
from centri.store import prm
from centri.store.database import read, write
from centri.store.partner_tables import partner_competency
from centri.store.prm_tables import account, named_account, opportunity, partner_account, partner_user, vendor_user
from centri.store.tables import metadata

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)
DANA, DREW, INES = (f"{name}@vantage.example" for name in ("dana", "drew", "ines"))
CLARA, RITA, ROB = (f"{name}@alpine.example" for name in ("clara", "rita", "rob"))
BERND, CELINE, FRIDA, GERO, HANNA = (
    "bernd@bavaria.example", "celine@castell.example", "frida@fuchs.example", "gero@gamma.example", "hanna@havel.example",
)  # fmt: skip

PARTNERS = {
    "P1": ("Alpine Resellers GmbH", "DE", "reseller", "gold", ("security", "network"), 80, "active", (CLARA, RITA, ROB)),
    "P2": ("Bavaria IT AG", "DE", "integrator", "silver", ("security",), 70, "active", (BERND,)),
    "P3": ("Castell Systems SARL", "FR", "reseller", "gold", ("security",), 75, "active", (CELINE,)),
    "P4": ("Danube Partners KG", "DE", "reseller", "bronze", ("network",), 40, "active", ("doris@danube.example",)),
    "P5": ("Elbe Networks GmbH", "DE", "reseller", "bronze", ("security",), 65, "inactive", ("emil@elbe.example",)),
    "P6": ("Fuchs Security GmbH", "DE", "reseller", "silver", ("security",), 60, "active", (FRIDA,)),
    "P7": ("Gamma IT GmbH", "DE", "reseller", "bronze", ("security",), 50, "active", (GERO,)),
    "P8": ("Havel Tech GmbH", "DE", "reseller", "bronze", ("security",), 45, "active", (HANNA,)),
}

RULES = """\
connections: {east: {type: memory}}
entities: {}
pools:
  de_smb:
    criteria: {country: DE, competency: security}
    max_offers: 4
    rank: [performance]
    accept_within: 24h
    qualify_within: 5d
    retain_if: [contact_established, tactic_executed, converted]
    reminders: [-24h, -4h]
    fallback: ["pool:de_any", "queue:unassigned"]
  de_any: {criteria: {country: DE, competency: network}, max_offers: 2, rank: [performance]}
  fr: {strategy: order, criteria: {country: FR}}
territories:
  FR: {when: {country: FR}}
routing:
  - {name: competitor, when: {match: competitor}, then: {stop: competitor, alert: channel_manager}}
  - {name: with its owner, when: {business_case: active_opportunity}, then: {owner_of: opportunity}}
  - {name: win back, when: {business_case: lost_opportunity}, then: {queue: winback, alert: channel_manager}}
  - {name: exclusive, when: {named_account: exclusive}, then: {partner: named_account}}
  - {name: shared, when: {named_account: shared}, then: {partners: named_account}}
  - {name: trial, when: {business_case: trial_request, qualification: {not: sql}}, then: {user: ines@vantage.example}}
  - {name: france, when: {territory: FR}, then: {pool: fr}}
  - {name: germany, when: {country: DE}, then: {pool: de_smb}}
"""


class Business:
    """A store with the fixture's people, and a clock that the story moves."""

    def __init__(self, url: str, home: Path, rules: str = RULES) -> None:
        mappings = home / "mappings.yaml"
        home.mkdir(parents=True, exist_ok=True)
        mappings.write_text(rules, encoding="utf-8")
        self.now = T0
        self.project: Project = project_of(
            Settings(home, mappings, url, chunk_size=50), mapping_at(mappings), clock=lambda: self.now
        )
        with write(self.project.engine) as conn:
            people = ((DANA, "channel_manager"), (DREW, "ae"), (INES, "isr"))
            conn.execute(
                insert(vendor_user), [{"id": email.split("@")[0], "email": email, "role": role} for email, role in people]
            )
            for id, given in PARTNERS.items():
                self._partner(conn, id, *given)
            self._accounts(conn)

    def _partner(
        self,
        conn: Any,
        id: str,
        name: str,
        country: str,
        kind: str,
        tier: str,
        skills: Any,
        score: float,
        status: str,
        people: Any,
    ) -> None:
        about = {"country_code": country, "partner_type": kind, "tier": tier, "performance_score": score, "status": status}
        conn.execute(insert(partner_account).values(id=id, name=name, channel_manager_id="dana", **about))
        conn.execute(insert(partner_competency), [{"partner_account_id": id, "competency_code": code} for code in skills])
        roles = [{"email": email, "role": "rep" if at else "cpa"} for at, email in enumerate(people)]
        conn.execute(insert(partner_user), [{"id": r["email"].split("@")[0], "partner_account_id": id, **r} for r in roles])

    def _accounts(self, conn: Any) -> None:
        for id, name, kind in (("AC1", "Globex", "customer"), ("AC2", "Initech", "prospect"), ("AC5", "Soylent", "customer")):
            conn.execute(insert(account).values(id=id, name=name, account_class=kind))
        pinned = {"account_id": "AC1", "partner_account_id": "P1", "protection": "exclusive", "reason": "contract"}
        conn.execute(insert(named_account).values(**pinned, valid_from=T0 - timedelta(days=60)))
        lost = {"stage_category": "lost", "close_date": date(2025, 11, 20), "closed_at": datetime(2025, 11, 20, tzinfo=UTC)}
        conn.execute(insert(opportunity).values(id="O2", name="Initech", account_id="AC2", motion="direct", **lost))
        mine = {"owner_vendor_user_id": "drew", "motion": "direct"}
        conn.execute(insert(opportunity).values(id="O5", name="Soylent EU renewal", account_id="AC5", **mine))

    def lead(self, id: str, **values: Any) -> str:
        """A lead that is ready to be routed."""
        with write(self.project.engine) as conn:
            given = {
                "last_name": id,
                "email": f"{id}@x.example",
                "phone_e164": "+4989555",
                "state": "ready",
                "received_at": self.now,
            }
            prm.write(conn, "lead", [prm.Change(id, given | values)], actor="test", now=self.now)
        return id

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)

    def rows(self, table: str, **where: Any) -> list[dict[str, Any]]:
        t = metadata.tables[table]
        with read(self.project.engine) as conn:
            query = select(t).where(*(t.c[name] == value for name, value in where.items())).order_by(t.c.id)
            return [dict(row) for row in conn.execute(query).mappings()]

    def row(self, table: str, **where: Any) -> dict[str, Any]:
        (found,) = self.rows(table, **where)
        return found

    def offers(self, lead: str, seq: int = 1) -> dict[str, str]:
        """The state of each partner's offer, those of the best rank first."""
        assignment = self.row("lead_assignment", lead_id=lead, seq=seq)["id"]
        found = sorted(self.rows("lead_offer", assignment_id=assignment), key=lambda offer: offer["rank"])
        return {offer["partner_account_id"]: offer["state"] for offer in found}

    def told(self, kind: str) -> list[str]:
        """Whom a notification of a kind is for."""
        return sorted(row["recipient_id"] for row in self.rows("notification", kind=kind))

    def ruled(self, rules: str) -> None:
        """The mapping says something else from now on."""
        path = self.project.settings.mappings
        path.write_text(rules, encoding="utf-8")
        mapping_at.__globals__["_read"].cache_clear()
        self.project.mapping = mapping_at(path)

    def close(self) -> None:
        self.project.close()


def changed(business: Business, table: str, id: str, **values: Any) -> None:
    """Somebody changed a row."""
    with write(business.project.engine) as conn:
        stored = prm.read(conn, table, [id]).stored[id]
        prm.write(conn, table, [prm.Change(id, values, stored)], actor="test", now=business.now)
