"""Simulated users of the two CRMs, who edit rows through a running sandbox's control endpoints."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests

TIMEOUT = 30
"""Seconds to wait for a sandbox on loopback."""


@dataclass
class Person:
    """A user of one CRM, at ``url``, acting as ``user`` (a user's name, e-mail address or id; None for the integration
    user). Every act returns the row as the CRM then shows it and raises requests.HTTPError when the CRM refuses.
    """

    url: str
    user: str | None = None
    seed: int = 0
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)

    def create(self, object: str, values: dict[str, Any]) -> dict[str, Any]:
        return self._act("create", object, values=values)

    def update(self, object: str, id: str, values: dict[str, Any]) -> dict[str, Any]:
        return self._act("update", object, id=id, values=values)

    def delete(self, object: str, id: str) -> dict[str, Any]:
        return self._act("delete", object, id=id)

    def rows(self, object: str) -> list[dict[str, Any]]:
        """All live rows of an object."""
        answer = requests.get(f"{self.url}/__sandbox__/state", {"object": object, "deleted": "false"}, timeout=TIMEOUT)
        answer.raise_for_status()
        return list(answer.json()["rows"])

    def _act(self, action: str, object: str, **wishes: Any) -> dict[str, Any]:
        act = {"action": action, "object": object, "user": self.user, **wishes}
        answer = requests.post(f"{self.url}/__sandbox__/edit", json=act, timeout=TIMEOUT)
        answer.raise_for_status()
        return dict(answer.json()["row"])


class SalesforceUser(Person):
    """Somebody who works in Salesforce."""

    def change_phone(self, lead: str) -> dict[str, Any]:
        return self.update("Lead", lead, {"Phone": f"+49 89 555{self.random.randrange(10_000):04}"})

    def set_status(self, lead: str, status: str) -> dict[str, Any]:
        return self.update("Lead", lead, {"Status": status})

    def distribute(self, lead: str, partner: str | None = None) -> dict[str, Any]:
        """Hand a lead to partner distribution, meant for a partner account or for any."""
        return self.update("Lead", lead, {"CENTRI_Distribute__c": True, "CENTRI_Partner__c": partner})

    def convert(self, lead: str, **wishes: Any) -> dict[str, Any]:
        """Convert a lead; ``wishes`` as in the sandbox's own conversion (``account_id``, ``opportunity``, ...)."""
        return self._act("convert", "Lead", id=lead, **wishes)

    def write_note(self, parent: str, subject: str, body: str = "") -> dict[str, Any]:
        return self.create("Note", {"ParentId": parent, "Title": subject, "Body": body})


class SugarUser(Person):
    """Somebody who works in SugarCRM."""

    def change_phone(self, lead: str) -> dict[str, Any]:
        return self.update("Leads", lead, {"phone_work": f"+49 89 555{self.random.randrange(10_000):04}"})

    def set_status(self, lead: str, status: str) -> dict[str, Any]:
        return self.update("Leads", lead, {"status": status})

    def distribute(self, lead: str, partner: str | None = None) -> dict[str, Any]:
        """Hand a lead to partner distribution, meant for a partner account or for any."""
        return self.update("Leads", lead, {"prm_distribute_c": True, "prm_partner_account_c": partner})

    def convert(self, lead: str, **wishes: Any) -> dict[str, Any]:
        """Convert a lead; ``wishes`` as in the sandbox's own conversion (``account_id``, ``opportunity``, ...)."""
        return self._act("convert", "Leads", id=lead, **wishes)

    def write_note(self, parent: str, subject: str, body: str = "", *, module: str = "Leads") -> dict[str, Any]:
        return self.create("Notes", {"parent_type": module, "parent_id": parent, "name": subject, "description": body})
