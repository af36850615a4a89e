"""What stories of registered deals begin with: a vendor's programme, three partners in it, and two customers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from story_world import PARTNERS, World

from centri.engine import deal_acts
from centri.store.database import write
from centri.store.prm_tables import vendor_user

CELINE, CLARA, BERND = "celine@castell.example", "clara@alpine.example", "bernd@bavaria.example"
RITA, ROB = "rita@alpine.example", "rob@alpine.example"
DANA, DREW = "dana@vantage.example", "drew@vantage.example"
REQUIRED = ["account", "contact_email", "product_family", "amount", "close_date", "current_situation", "timeframe"]
DEAL = {
    "account_name": "Globex Corp.", "contact_name": "Ada Stone", "contact_email": "ada.stone@globex.example",
    "product_family": "ZT", "amount": "60000", "currency": "USD", "close_date": "2026-06-15",
    "current_situation": "legacy VPN", "timeframe": "Q2",
}  # fmt: skip
INITECH = {**DEAL, "account_name": "Initech LLC", "contact_name": "Ian Tech", "contact_email": "ian@initech.example"}


class Map:
    """A vendor's programme, three partners in it, two customers, of which one is Drew's.

    ``required`` are the fields that a deal of the programme must have.
    """

    def __init__(self, world: World, required: list[str] = REQUIRED) -> None:
        self.world = world
        for key in ("P1", "P2", "P3"):
            world.dana_creates("account", world.crm.ids[key], **PARTNERS[key])
        drew = world.hired("drew")
        world.gets_a_login(DREW)
        world.dana_creates("account", name="Globex Corporation", website="globex.example", type="customer", owner=drew)
        world.dana_creates("account", name="Initech LLC", website="initech.example", type="prospect")
        world.sync()
        world.employ("P1", "P2", "P3")
        with write(world.project.engine) as conn:
            conn.execute(update(vendor_user).where(vendor_user.c.email == DANA).values(role="channel_manager"))
        terms = {"required_fields": required, "protection_days": 90, "response_hours": 48, "margin_pct": 5.0}
        deal_acts.create_program(self.project, DANA, "DR-STD", terms | {"extension_policy": "once", "extension_days": 30})
        for name in ("Castell Systems SARL", "Bavaria IT AG", "Alpine Resellers GmbH"):
            deal_acts.enroll(self.project, DANA, "DR-STD", name)

    @property
    def project(self) -> Any:
        return self.world.project

    def account(self, name: str) -> str:
        return str(self.world.prm_row("account", name=name)["id"])

    def crm_account(self, name: str) -> dict[str, Any]:
        (found,) = [row for row in self.world.in_crm("account") if row["name"] == name]
        return found

    def deal(self, number: str) -> dict[str, Any]:
        return max(self.world.prm("deal_registration", number=number), key=lambda row: row["revision_no"])

    def submit(self, who: str, values: dict[str, Any]) -> str:
        return deal_acts.submit_deal(self.project, deal_acts.create_deal(self.project, who, values), who)

    def told(self, kind: str) -> list[str]:
        people = {row["id"]: row["email"] for table in ("partner_user", "vendor_user") for row in self.world.prm(table)}
        return sorted(people[row["recipient_id"]] for row in self.world.prm("notification", kind=kind))

    def approved(self) -> str:
        number = self.submit(CELINE, DEAL)
        self.world.at(days=1)
        deal_acts.approve_deal(self.project, number, DANA)
        return number
