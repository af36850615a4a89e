"""A partner's people and the vendor's, who are told things."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from centri.engine.acts import acting
from centri.engine.notices import notify
from centri.engine.project import Project
from centri.store.database import read, write
from centri.store.partner_tables import notification, notification_preference
from centri.store.tables import metadata

LEAD = {"company": "Umbrella", "last_name": "Wong", "email": "mia@umbrella.example", "phone_e164": "+49895550101"}

_VENDOR = {"dana": "channel_manager", "max": "admin"}


class Staff:
    """Dana and Max of the vendor; Clara, who administers Alpine, and Rita, its rep; Bernd of Bavaria."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.dana, self.max = (self.put("vendor_user", email=f"{n}@vendor.example", role=r) for n, r in _VENDOR.items())
        self.alpine = self.put("partner_account", name="Alpine", channel_manager_id=self.dana)
        self.bavaria = self.put("partner_account", name="Bavaria")
        self.clara = self.person(self.alpine, "clara", role="cpa")
        self.rita = self.person(self.alpine, "rita", role="rep")
        self.bernd = self.person(self.bavaria, "bernd", role="rep")

    def put(self, table: str, **values: Any) -> str:
        t = metadata.tables[table]
        with write(self.project.engine) as conn:
            return str(conn.execute(insert(t).values(values).returning(t.c.id)).scalar_one())

    def person(self, partner: str, name: str, **values: Any) -> str:
        return self.put("partner_user", partner_account_id=partner, email=f"{name}@partner.example", **values)

    def prefers(self, principal: str, kind: str, **values: Any) -> None:
        with write(self.project.engine) as conn:
            conn.execute(insert(notification_preference).values(principal=principal, kind=kind, **values))

    def tell(self, *people: str, kind: str = "lead_assigned", key: str = "L1:1", **data: Any) -> int:
        """Tell partners' people, by id."""
        with acting(self.project, "test", None) as act:
            return notify(act, kind, key, [("partner_user", id) for id in people], LEAD | data, ("lead", "L1"))

    def told(self, **where: Any) -> list[dict[str, Any]]:
        with read(self.project.engine) as conn:
            rows = [dict(row) for row in conn.execute(select(notification).order_by(notification.c.id)).mappings()]
        return [row for row in rows if all(row[name] == value for name, value in where.items())]

    def states(self) -> list[str]:
        return [row["state"] for row in self.told()]
