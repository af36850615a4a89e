"""One act of a person or of the timer: a transaction, its time, who acts, and an audit entry for each field that it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, Table, func, insert, select, update

from centri.dedupe.dictionaries import Dictionaries
from centri.engine import consequences
from centri.engine.project import Project
from centri.errors import Rejected, RetryLater
from centri.partners.lifecycle import APPROVAL, ASSIGNMENT, DEAL, LEAD, Machine, check
from centri.store import prm
from centri.store.database import write
from centri.store.prm_tables import audit_log, partner_user, vendor_user
from centri.store.tables import metadata

Row = Mapping[str, Any]
Cause = Literal["command", "timer", "rule"]
"""What an act is done for: somebody says so, time has passed, or the mapping wants it."""

_MACHINES: Mapping[tuple[str, str], Machine] = {
    ("lead", "state"): LEAD,
    ("lead_assignment", "state"): ASSIGNMENT,
    ("opportunity", "approval_state"): APPROVAL,
    ("deal_registration", "state"): DEAL,
}
"""The columns that hold a state, and what may follow what there."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a person or the timer is doing, in one transaction.

    ``user`` is the partner user who acts, ``vendor`` one of the vendor's people; neither is the engine itself or whoever runs
    its commands, who may do all.
    """

    conn: Connection
    now: datetime
    name: str
    user: Row | None
    vendor: Row | None
    cause: Cause
    dictionaries: Dictionaries
    channel: str = "log"
    """By which channel people are told of it who have no preference."""

    @property
    def actor(self) -> str:
        person = self.user or self.vendor
        return person["email"] if person else "centri"

    def only_vendor(self, *roles: str) -> None:
        """Raises Rejected for a partner's people, and the vendor's of other roles than these; an administrator may do all."""
        if self.user or (self.vendor and self.vendor["role"] not in ("admin", *roles)):
            raise Rejected("permission", f"only {_any_of(roles)} of the vendor may do this, and {self.actor} is none")

    def row(self, table: str, id: str) -> Row:
        """A living row, which nobody else can change until this act is over. Raises Rejected where there is none."""
        t = metadata.tables[table].c
        found = self.conn.execute(select(metadata.tables[table]).where(t.id == id).with_for_update()).mappings().first()
        if found is None or found["deleted_at"] is not None:
            raise Rejected("validation", f"there is no {table.replace('_', ' ')} {id}")
        return dict(found)

    def add(self, table: str, values: Row) -> str:
        """A new row; answers its id. Raises Rejected where its state is none to begin with."""
        given = {name: value for name, value in values.items() if value is not None}
        given |= consequences.of(table, given, None, None, self.now, self.dictionaries)
        self._check(table, {}, given)
        new = str(uuid4())
        if table in prm.ENTITIES:
            prm.write(self.conn, table, [prm.Change(new, given)], actor=self.actor, now=self.now)
        else:
            owned = {"id": new, "created_by": self.actor, "updated_by": self.actor}
            self.conn.execute(insert(metadata.tables[table]).values(given | owned))
        self._audit(table, new, {}, given)
        return new

    def change(self, table: str, id: str, values: Row, *, admin: bool = False) -> None:
        """New values of a row. Raises Rejected where its state cannot follow the one it has; more can for an administrator."""
        stored = self.row(table, id)
        self._check(table, stored, values, admin=admin)
        fresh = {name: value for name, value in values.items() if prm.tell(stored[name]) != prm.tell(value)}
        if not fresh:
            return
        fresh |= consequences.of(table, fresh, stored, None, self.now, self.dictionaries)
        if table in prm.ENTITIES:
            if not prm.write(self.conn, table, [prm.Change(id, fresh, stored)], actor=self.actor, now=self.now):
                raise RetryLater(f"{table} {id} was changed by somebody else meanwhile")
        else:
            target = metadata.tables[table]
            who = {"updated_by": self.actor, "updated_at": self.now}
            self.conn.execute(update(target).where(target.c.id == id).values(fresh | who))
        self._audit(table, id, stored, fresh)

    def only_for(self, partner_id: str | None) -> None:
        """Raises Rejected where a partner user acts for another partner."""
        if self.user and self.user["partner_account_id"] != partner_id:
            raise Rejected("permission", f"{self.actor} does not act for the partner concerned")

    def _check(self, table: str, stored: Row, values: Row, *, admin: bool = False) -> None:
        for name, state in values.items():
            if machine := _MACHINES.get((table, name)):
                check(machine, stored.get(name), state, admin=admin)

    def _audit(self, table: str, id: str, stored: Row, values: Row) -> None:
        kind = "partner_user" if self.user else "vendor_user" if self.vendor else "engine"
        whose = {"actor_type": kind, "actor": self.actor, "at": self.now}
        why = {"cause_type": self.cause, "cause_ref": self.name}
        about = {"entity": table, "entity_id": id}
        entries = [
            {**whose, **why, **about, "field": name, "old": prm.tell(stored.get(name)), "new": prm.tell(value)}
            for name, value in values.items()
        ]
        self.conn.execute(insert(audit_log), entries)


@contextmanager
def acting(project: Project, name: str, actor: str | None, *, cause: Cause = "command") -> Iterator[Act]:
    """An act by the partner's or vendor's person with this e-mail address, all of it or nothing.

    Raises Rejected where there is no such person.
    """
    with write(project.engine) as conn:
        user, vendor = person(conn, actor) if actor else (None, None)
        yield Act(
            conn, project.now(), name, user, vendor, cause, project.mapping.dictionaries, project.mapping.notifications.channel
        )


def person(conn: Connection, email: str) -> tuple[Row | None, Row | None]:
    """Who has this e-mail address: a partner's person, or one of the vendor's. Raises Rejected where nobody active has it."""
    if (user := _found(conn, partner_user, email)) and user["status"] == "active":
        return user, None
    if (vendor := _found(conn, vendor_user, email)) and vendor["active"]:
        return None, vendor
    raise Rejected("permission", f"{email} is no active user of a partner or of the vendor")


def _found(conn: Connection, table: Table, email: str) -> Row | None:
    query = select(table).where(func.lower(table.c.email) == email.lower(), table.c.deleted_at.is_(None))
    found = conn.execute(query).mappings().first()
    return dict(found) if found else None


def _any_of(roles: tuple[str, ...]) -> str:
    return " or ".join(f"{'an' if role[0] in 'aeiou' else 'a'} {role.replace('_', ' ')}" for role in (*roles, "admin"))
