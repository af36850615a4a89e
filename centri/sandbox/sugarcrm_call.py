"""One call to the sandbox's SugarCRM as the functions that answer it see it, and an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from centri.sandbox.rows import Row, Table
from centri.sandbox.sugarcrm_arguments import names
from centri.sandbox.sugarcrm_errors import refused

if TYPE_CHECKING:
    from centri.sandbox.sugarcrm_org import SugarCRM

READ_ONLY = ("Teams",)
"""Modules that no call writes to."""


class Answer(NamedTuple):
    """An answer with a status of its own; a body of bytes goes out as it is, under ``type`` and ``name``."""

    status: int
    body: Any
    type: str = "application/json"
    name: str = ""


@dataclass(slots=True)
class Call:
    """One call: ``path`` holds what the route names, ``arguments`` query string and body, ``headers`` lower-case names,
    ``user`` the id of who calls (empty where nobody need be logged in), ``body`` the body as it came.
    """

    org: SugarCRM
    path: dict[str, str]
    arguments: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    body: bytes = b""

    @property
    def table(self) -> Table:
        return self.org.module(self.path["module"])

    @property
    def row(self) -> Row:
        return self.org.live(self.table.schema.name, self.path["id"])

    def shown(self, table: Table, row: Row) -> dict[str, Any]:
        """A record with the fields that the call asks for."""
        wanted = self.arguments.get("fields")
        return self.org.read(table, row, names(wanted) if wanted else None, user=self.user)

    def writable(self, table: Table, given: Mapping[str, Any]) -> dict[str, Any]:
        """The given values that are fields; anything else in a body is passed over. Raises Refused."""
        if table.schema.name in READ_ONLY:
            raise refused("not_authorized", f"You are not authorized to edit {table.schema.name}.")
        return {name: value for name, value in given.items() if name in table.schema.fields and name != "id"}

    def admin(self) -> None:
        """Raises Refused unless the caller is an administrator."""
        row = self.org.get("Users", self.user)
        if row is None or not row.get("is_admin"):
            raise refused("not_authorized", "You are not authorized to perform this action.")
