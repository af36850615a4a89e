"""A Salesforce org: its rules for writing rows, whoever writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from centri.sandbox import salesforce_convert
from centri.sandbox.rows import Row, Table
from centri.sandbox.salesforce_bin import RecycleBin
from centri.sandbox.salesforce_columns import record
from centri.sandbox.salesforce_duplicates import DuplicateRule
from centri.sandbox.salesforce_ids import Ids, long_id
from centri.sandbox.salesforce_schema import CASCADES, CHILDREN, schemas
from centri.sandbox.salesforce_values import stored
from centri.sandbox.schema import Field
from centri.sandbox.state import Org, Refused

REFRESH_TOKEN = "sandbox-refresh-token"  # noqa: S105 - play money
Check = Callable[["SalesforceOrg", Table, Row], None]
"""A rule of the administrator's that raises Refused for a row as it would become."""

FAULTS = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    400: ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record"),
    500: ("UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support"),
    503: ("SERVER_UNAVAILABLE", "Server Unavailable"),
}


class SalesforceOrg(Org):
    """Salesforce, with an Organization row and the integration user from the start."""

    limit_status = 403

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__("salesforce", schemas(), seed=seed)
        self.ids = Ids()
        self.bin = RecycleBin()
        self.instance_url: str | None = None
        self.daily_calls = 1_000_000
        self.bulk_polls = 0
        self.rotates_refresh_tokens = False
        self.jwt_key: str | None = None
        self.duplicate_rules: list[DuplicateRule] = []
        self.checks: list[Check] = []
        self.settings: Callable[[dict[str, Any]], dict[str, Any]] | None = None
        self.described: dict[str, tuple[int, int]] = {}
        self._prefixes = {table.schema.prefix: table for table in self.tables.values()}
        names = {"Username": self.credentials.username, "Email": self.credentials.username, "Alias": "centri"}
        person = {"FirstName": "Centri", "LastName": "Integration", **names}
        self.integration_user = self.ids.next("005")
        self.load("User", person, id=self.integration_user)
        firm = {"Name": "Sandbox Channel GmbH", "InstanceName": "SBX1", "OrganizationType": "Developer Edition"}
        self.id = self.load("Organization", {**firm, "IsSandbox": True, "DefaultLocaleSidKey": "en_US"}).id
        for place, label in enumerate(self.table("Lead").schema.fields["Status"].choices, 1):
            words = {"MasterLabel": label, "ApiName": label, "SortOrder": place}
            flags = {"IsDefault": place == 1, "IsConverted": label in salesforce_convert.CONVERTED}
            self.load("LeadStatus", {**words, **flags})

    def new_id(self, table: Table) -> str:
        return self.ids.next(table.schema.prefix)

    def by_prefix(self, id: str) -> Table | None:
        """The table whose rows have ids that begin like this one."""
        return self._prefixes.get(id[:3])

    def by_id(self, id: str) -> tuple[Table, Row] | None:
        """Any row of the org by its id of 18 characters, deleted or not."""
        table = self.by_prefix(id)
        row = table.get(id) if table else None
        return (table, row) if table and row else None

    def configure(self, settings: dict[str, Any]) -> dict[str, Any]:
        return self.settings(settings) if self.settings else super().configure(settings)

    def reset(self) -> None:
        """Back to the start, with the well-known refresh token and without rules, but with the settings of its place."""
        with self.lock:
            super().reset()
            self.bin.refill(self.tables.values())
            self.sessions.open(REFRESH_TOKEN, self.integration_user, lifetime=math.inf, kind="refresh")
            self.bulk_polls, self.rotates_refresh_tokens = 0, False
            self.duplicate_rules, self.checks = [], []

    # -- writing -------------------------------------------------------------------------------------------------------

    def accept(self, table: Table, values: dict[str, Any], row: Row | None, *, user: str) -> dict[str, Any]:
        if row is not None and row.deleted:
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted", [])
        if row is not None and row.get("IsConverted"):
            raise Refused(400, "CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
        given = self._named(table, values)
        self._writeable(given, creating=row is None)
        accepted = {field.name: stored(field, value) for field, value in given}
        if row is None:
            accepted = {**self._numbered(table), **_defaults(table, user), **{k: v for k, v in accepted.items() if v is not None}}
        elif "StageName" in accepted:
            accepted = {"Probability": None, "ForecastCategoryName": None, **accepted}
        self._complete(table, accepted, row)
        for field, _ in given:
            self._refers(field, accepted.get(field.name))
            self._alone(table, field, accepted.get(field.name), row)
        self._check(table, accepted, row, user)
        return accepted

    def create(self, object: str, values: dict[str, Any], *, user: str | None = None, id: str | None = None) -> Row:
        """As of any object; a partner row is one of the account that its opportunity has, and the only primary one then."""
        with self.lock:
            row = super().create(object, values, user=user, id=id)
            return self._as_partner(row, user) if object == "Partner" else row

    def _as_partner(self, row: Row, user: str | None) -> Row:
        beside = self.table("Partner").find("OpportunityId", row.values["OpportunityId"])
        for other in beside if row.get("IsPrimary") else ():
            if other.id != row.id and other.get("IsPrimary"):
                self.touch("Partner", other.id, user=user, IsPrimary=False)
        sold = self.get("Opportunity", row.values["OpportunityId"])
        return self.touch("Partner", row.id, user=user, AccountFromId=sold.get("AccountId") if sold else None)

    def _check(self, table: Table, accepted: dict[str, Any], row: Row | None, user: str) -> None:
        """Ask the administrator's own rules about the row as it would become."""
        if self.checks:
            now = self.clock.now()
            fresh = row or Row(table.schema.prefix + "0" * 15, {}, now, user, now, user, now)
            for check in self.checks:
                check(self, table, fresh.touched(now, user, **accepted))

    def _numbered(self, table: Table) -> dict[str, Any]:
        """Running numbers of a new row, such as a case's."""
        return {f.name: f"{len(table) + 1000:08}" for f in table.schema.fields.values() if "auto" in f.extra["flags"]}

    def _named(self, table: Table, values: dict[str, Any]) -> list[tuple[Field, Any]]:
        given = []
        for name, value in values.items():
            if name == "attributes":
                continue
            field = table.schema.field(name)
            if field is None and isinstance(value, dict):
                field, value = self._by_parent_key(table, name, value)  # noqa: PLW2901 - a nested parent stands for its id
            if field is None:
                raise Refused(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {table.schema.name}")
            given.append((field, value))
        return given

    def _by_parent_key(self, table: Table, name: str, key: dict[str, Any]) -> tuple[Field | None, Any]:
        """``{"Account": {"Ext__c": "A1"}}``: the lookup field and the id of the parent with that external id."""
        for field in table.schema.fields.values():
            if (field.relationship or "").casefold() != name.casefold():
                continue
            wanted = [(k, v) for k, v in key.items() if k != "attributes"]
            for target in field.refers_to:
                parent = self.tables.get(target)
                column = parent.schema.field(wanted[0][0]) if parent and len(wanted) == 1 else None
                if parent and column and (found := parent.find(column.name, wanted[0][1])):
                    return field, found[0].id
            value = wanted[0][1] if wanted else ""
            message = f"Foreign key external ID: {str(value).lower()} not found for field {wanted[0][0] if wanted else name}"
            raise Refused(400, "INVALID_FIELD", f"{message} in entity {'/'.join(field.refers_to)}", [])
        return None, None

    def _writeable(self, given: list[tuple[Field, Any]], *, creating: bool) -> None:
        closed = [field.name for field, _ in given if not (field.createable if creating else field.updateable)]
        if closed:
            message = f"Unable to create/update fields: {', '.join(closed)}. Please check the security settings of this field"
            message += " and verify that it is read/write for your profile or permission set."
            raise Refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, closed)

    def _complete(self, table: Table, accepted: dict[str, Any], row: Row | None) -> None:
        fields = table.schema.fields.values()
        asked = [f for f in fields if f.name in accepted or (row is None and f.required)]
        missing = [f.name for f in asked if accepted.get(f.name) is None and (f.required or _never_null(f))]
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise Refused(400, "REQUIRED_FIELD_MISSING", message, missing)

    def _refers(self, field: Field, id: str | None) -> None:
        if id is None or not field.refers_to:
            return
        known = [table.schema.prefix for name, table in self.tables.items() if name in field.refers_to]
        if not known:
            return
        if id[:3] not in known:
            raise Refused(400, "MALFORMED_ID", f"{field.label}: id value of incorrect type: {id}", [field.name])
        found = self.by_id(id)
        if found is None:
            raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
        if found[1].deleted:
            raise Refused(400, "ENTITY_IS_DELETED", "entity is deleted", [])
        if field.name == "OwnerId" and not found[1].values.get("IsActive", True):
            message = f"operation performed with inactive user [{id[:15]}] as owner of {field.label.lower()}"
            raise Refused(400, "INACTIVE_OWNER_OR_USER", message, [field.name])

    def _alone(self, table: Table, field: Field, value: Any, row: Row | None) -> None:
        if not field.unique or value is None:
            return
        for other in table.find(field.name, value):
            if row is None or other.id != row.id:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {other.id[:15]}"
                raise Refused(400, "DUPLICATE_VALUE", message, [])

    # -- what persons do -----------------------------------------------------------------------------------------------

    def convert(self, id: str, *, user: str | None = None, **wishes: Any) -> dict[str, Any]:
        with self.transaction():
            return salesforce_convert.convert(self, long_id(id) or id, user=user, **wishes)

    def merge(self, object: str, winner: str, losers: Iterable[str], *, user: str | None = None) -> Row:
        with self.transaction():
            for loser in losers:
                self._absorb(object, winner, loser, user)
            return self.touch(object, winner, user=user)

    def _absorb(self, object: str, winner: str, loser: str, user: str | None) -> None:
        for child, name in CHILDREN:
            for row in self.tables[child].find(name, loser):
                self.touch(child, row.id, user=user, **{name: winner})
        gone = self.touch(object, loser, user=user, MasterRecordId=winner)
        self._write(self.table(object), gone.touched(self.clock.now(), gone.modified_by, deleted=True))

    def purge(self, table: Table, row: Row) -> None:
        """Take a row out for good, recycle bin included; a transaction that fails brings it back."""
        with self.lock:
            table.drop(row.id)
            if self._journal is not None:
                self._journal.append((table, row.id, row))

    def empty_bin(self) -> None:
        """Take out for good what has been in the recycle bin for its time."""
        with self.lock:
            for stamp, id in self.bin.due(self.clock.true()):
                found = self.by_id(id)
                if found and found[1].deleted and found[1].stamp == stamp:
                    found[0].drop(id)

    def _write(self, table: Table, row: Row) -> Row:
        if row.deleted:
            self.bin.add(row)
        return super()._write(table, row)

    def dependants(self, table: Table, row: Row) -> list[tuple[Table, Row]]:
        return [(self.tables[child], one) for child, name in CASCADES for one in self.tables[child].find(name, row.id)]

    def undelete(self, object: str, id: str, *, user: str | None = None) -> Row:
        """Bring a row back, and what fell with it."""
        with self.lock:
            row = self.get(object, id)
            fallen = row.stamp if row else 0
            for child, name in sorted(CASCADES):
                for one in self.tables[child].find(name, id, deleted=True):
                    if one.deleted and one.stamp == fallen and one.get("MasterRecordId") is None:
                        self.undelete(child, one.id, user=user)
            return super().undelete(object, id, user=user)

    # -- how it speaks -------------------------------------------------------------------------------------------------

    def view(self, table: Table, row: Row) -> dict[str, Any]:
        return record(table.schema, row)

    def locked(self, id: str | None) -> Refused:
        which = f" or 1 records: {id}" if id else ""
        return Refused(400, "UNABLE_TO_LOCK_ROW", f"unable to obtain exclusive access to this record{which}", [])

    def fault_body(self, status: int) -> Any:
        code, message = FAULTS.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
        return [{"message": message, "errorCode": code}]


def _never_null(field: Field) -> bool:
    return field.type != "boolean" and "defaulted" in field.extra["flags"]


def _defaults(table: Table, user: str) -> dict[str, Any]:
    defaults = {f.name: f.default for f in table.schema.fields.values() if f.default is not None and f.type != "boolean"}
    if table.schema.field("OwnerId"):
        defaults["OwnerId"] = user
    return defaults
