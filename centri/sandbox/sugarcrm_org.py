"""The sandbox's SugarCRM as a person or client meets it: its rules for writing, and how its records read."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from centri.sandbox.rows import Row, Table
from centri.sandbox.schema import Field
from centri.sandbox.state import Credentials, Org, Refused
from centri.sandbox.sugarcrm_audit import record
from centri.sandbox.sugarcrm_convert import REMEMBERED, convert, usual
from centri.sandbox.sugarcrm_errors import body_for, invalid, not_found, refused
from centri.sandbox.sugarcrm_items import ITEMS, complete, roll_up
from centri.sandbox.sugarcrm_marks import FAVOURITE, FOLLOWED, marks
from centri.sandbox.sugarcrm_merge import merge
from centri.sandbox.sugarcrm_schema import SECRET, plan, schemas
from centri.sandbox.sugarcrm_settings import USUAL, configure
from centri.sandbox.sugarcrm_shown import EVERYBODY, shown
from centri.sandbox.sugarcrm_values import moment, tidy, with_primary

OPPORTUNITIES = {"only": "Opportunities", "rli": "RevenueLineItems"}
"""The two ways to keep opportunities, and what the metadata call them."""

API_USER = "1"
TOKEN_LIFETIME = 3600
"""Of an access token, in seconds."""

MARKS = {"my_favorite": FAVOURITE, "following": FOLLOWED}


class SugarCRM(Org):
    """A SugarCRM. ``timezone`` is the API user's, in which date-times are written.

    ``opportunities``: ``only`` for opportunities that hold their own amount, ``rli`` for ones made of revenue line items;
    raises ValueError for any other way. The rest is in :mod:`centri.sandbox.sugarcrm_settings`.
    """

    user_object = "Users"
    strict_refresh: bool
    keys_for_admins: bool
    platforms: frozenset[str] | None
    largest_page: int

    def __init__(self, name: str = "sugarcrm", *, seed: int = 0, opportunities: str = "only") -> None:
        if opportunities not in OPPORTUNITIES:
            raise ValueError(f"opportunities are kept as one of {', '.join(OPPORTUNITIES)}, not {opportunities!r}")
        self.line_items = opportunities == "rli"
        super().__init__(name, schemas(line_items=self.line_items), seed=seed)
        self.credentials = Credentials("admin", "sandbox-password", "sugar", "")
        self.timezone = ZoneInfo("America/New_York")
        self.server: dict[str, Any] = {**plan()["server"], "opps_view_by": OPPORTUNITIES[opportunities]}
        configure(self, USUAL)
        self.integration_user = API_USER
        self.sessions.lifetime = TOKEN_LIFETIME
        names = {"user_name": self.credentials.username, "first_name": "Centri", "last_name": "Integration"}
        self.load("Users", {**names, "is_admin": True, "status": "Active"}, id=API_USER)
        self.load("Teams", {"name": "Global"}, id=EVERYBODY)

    def configure(self, settings: dict[str, Any]) -> dict[str, Any]:
        return configure(self, settings)

    def reset(self) -> None:
        """Back to the start, with the usual settings but for the time zone."""
        with self.lock:
            super().reset()
            configure(self, USUAL)

    def new_id(self, table: Table) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def accept(self, table: Table, values: dict[str, Any], row: Row | None, *, user: str) -> dict[str, Any]:
        """Text is trimmed and cut to length in silence; read-only fields are passed over; unknown ones are refused."""
        accepted: dict[str, Any] = {}
        for name, value in values.items():
            field = table.schema.field(name)
            if field is None:
                raise invalid(f"{name} in module {table.schema.name} does not exist")
            if field.type == "email1":
                held = accepted.get("email", row.get("email") if row else None)
                accepted["email"] = with_primary(held, str(value or "").strip())
            elif field.createable:
                accepted[field.name] = tidy(field, value, self.timezone)
        self._complete(table, accepted, row)
        return accepted

    def create(self, object: str, values: dict[str, Any], *, user: str | None = None, id: str | None = None) -> Row:
        with self.transaction():
            row = super().create(object, values, user=user, id=id)
            self._follow_up(self.table(object), None, row, user)
            return row

    def update(self, object: str, id: str, values: dict[str, Any], *, user: str | None = None) -> Row:
        with self.transaction():
            before = self.get(object, id)
            row = super().update(object, id, values, user=user)
            self._follow_up(self.table(object), before, row, user)
            return row

    def delete(self, object: str, id: str, *, user: str | None = None) -> Row:
        with self.transaction():
            row = super().delete(object, id, user=user)
            self._follow_up(self.table(object), None, row, user)
            return row

    def undelete(self, object: str, id: str, *, user: str | None = None) -> Row:
        with self.transaction():
            row = super().undelete(object, id, user=user)
            self._follow_up(self.table(object), None, row, user)
            return row

    def dependants(self, table: Table, row: Row) -> list[tuple[Table, Row]]:
        """An opportunity's items fall with it."""
        if not self.line_items or table.schema.name != "Opportunities":
            return []
        return [(self.tables[ITEMS], item) for item in self.tables[ITEMS].find("opportunity_id", row.id)]

    def merge(self, object: str, winner: str, losers: Iterable[str], *, user: str | None = None) -> Row:
        """Merge rows into a winner as a person does. Raises Refused."""
        with self.transaction():
            table = self.module(object)
            for loser in losers:
                kept, lost = self.live(object, winner), self.live(object, loser)
                merge(self, table, kept, lost, user or self.integration_user)
            return self.live(object, winner)

    def convert(self, id: str, *, user: str | None = None, **wishes: Any) -> dict[str, Any]:
        """Convert a lead into a contact at the account of its company's name, which is made where there is none.

        ``account_id`` and ``contact_id`` name existing ones to use; ``opportunity`` holds the fields of one to make.
        Returns ``account_id``, ``contact_id`` and ``opportunity_id`` as far as they came to be. Raises Refused.
        """
        named = {"Accounts": wishes.get("account_id"), "Contacts": wishes.get("contact_id")}
        modules: dict[str, Any] = {module: {"id": one} for module, one in named.items() if one}
        if wishes.get("opportunity"):
            modules["Opportunities"] = wishes["opportunity"]
        made = convert(self, id, {**usual(self, self.live("Leads", id)), **modules}, user=user)
        return {REMEMBERED[module]: one for module, one in made.items()}

    def view(self, table: Table, row: Row) -> dict[str, Any]:
        return self.read(table, row)

    def fault_body(self, status: int) -> Any:
        return body_for(status)

    def live(self, module: str, id: str) -> Row:
        """The record, which is neither unknown nor deleted; raises Refused."""
        row = self.get(module, id)
        if row is None or row.deleted:
            raise not_found(module, id)
        return row

    def module(self, name: str) -> Table:
        """The module's table; raises Refused."""
        table = self.tables.get(name)
        if table is None or table.schema.extra.get("hidden"):
            raise refused("not_found", f"Could not find module: {name}")
        return table

    # -- reading -------------------------------------------------------------------------------------------------------

    def read(self, table: Table, row: Row, names: Iterable[str] | None = None, *, user: str | None = None) -> dict[str, Any]:
        """A record as JSON, all fields or some; unknown names are passed over. Marks are those of ``user``."""
        module, fields, who = table.schema.name, table.schema.fields, user or self.integration_user
        asked = [*fields, *MARKS, "locked_fields"] if names is None else ["id", "date_modified", *names]
        wanted = [fields[name] for name in asked if name in fields]
        told = {field.name: shown(self, field, row) for field in wanted if field.type != SECRET}
        told |= {name: bool(marks(self, MARKS[name], row.id, who)) for name in asked if name in MARKS}
        if "locked_fields" in asked:
            told["locked_fields"] = []
        if row.deleted:
            told["deleted"] = True
        return {**told, "_acl": {"fields": {}}, "_module": module}

    def written(self, at: int | None) -> str:
        """A time as the API user reads it."""
        return moment(at, self.timezone)

    # -- writing -------------------------------------------------------------------------------------------------------

    def _follow_up(self, table: Table, before: Row | None, after: Row, user: str | None) -> None:
        """What a write leaves behind: the change log, and opportunities whose items it touched."""
        who = user or self.integration_user
        if before is not None and not table.schema.extra.get("hidden"):
            record(self, table, before, after, who)
        if self.line_items and table.schema.name in (ITEMS, "Opportunities"):
            keys = [one.get("opportunity_id") for one in (before, after) if one is not None]
            for key in dict.fromkeys(keys if table.schema.name == ITEMS else [after.id]):
                roll_up(self, key, who)

    def _complete(self, table: Table, accepted: dict[str, Any], row: Row | None) -> None:
        """Fill in defaults of a new record, then see that nothing required is missing, then roll up money."""
        for field in table.schema.fields.values() if row is None else ():
            if field.default is not None and accepted.get(field.name) is None:
                accepted[field.name] = field.default
        if table.schema.name == ITEMS:
            complete(self, accepted, row)
        missing = [field.name for field in table.schema.fields.values() if _lacks(field, accepted, row)]
        if missing:
            text = f"Missing parameter: {', '.join(missing)} in module {table.schema.name}"
            raise Refused(422, "missing_parameter", text, missing)
        if table.schema.name == "Opportunities" and accepted.get("amount"):
            accepted["amount_usdollar"] = accepted["amount"]


def _lacks(field: Field, accepted: dict[str, Any], row: Row | None) -> bool:
    if not field.required or not field.createable:
        return False
    return accepted.get(field.name) is None and (row is None or field.name in accepted)


def new_org(name: str = "sugarcrm", *, seed: int = 0, opportunities: str = "only") -> SugarCRM:
    """An empty SugarCRM, see :class:`SugarCRM`."""
    return SugarCRM(name, seed=seed, opportunities=opportunities)
