"""One act of a person or of the timer: a transaction, its time, who acts, and an audit entry for each field that it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import Connection, func, insert, select, update

from centri.engine import consequences
from centri.engine.project import Project
from centri.errors import Rejected, RetryLater
from centri.partners.lifecycle import APPROVAL, ASSIGNMENT, LEAD, Machine, check
from centri.store import prm
from centri.store.database import write
from centri.store.prm_tables import audit_log, partner_user
from centri.store.tables import metadata

Row = Mapping[str, Any]
Cause = Literal["command", "timer", "rule"]
"""What an act is done for: somebody says so, time has passed, or the mapping wants it."""

_MACHINES: Mapping[tuple[str, str], Machine] = {
    ("lead", "state"): LEAD,
    ("lead_assignment", "state"): ASSIGNMENT,
    ("opportunity", "approval_state"): APPROVAL,
}
"""The columns that hold a state, and what may follow what there."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a person or the timer is doing, in one transaction.

    ``user`` is the partner user who acts; None is the engine itself or an administrator, who acts for any partner.
    """

    conn: Connection
    now: datetime
    name: str
    user: Row | None
    cause: Cause

    @property
    def actor(self) -> str:
        return self.user["email"] if self.user else "centri"

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
        given |= consequences.of(table, given, None, None, self.now)
        self._check(table, {}, given)
        new = str(uuid4())
        if table in prm.ENTITIES:
            prm.write(self.conn, table, [prm.Change(new, given)], actor=self.actor, now=self.now)
        else:
            owned = {"id": new, "created_by": self.actor, "updated_by": self.actor}
            self.conn.execute(insert(metadata.tables[table]).values(given | owned))
        self._audit(table, new, {}, given)
        return new

    def change(self, table: str, id: str, values: Row) -> None:
        """New values of a row. Raises Rejected where its state cannot follow the one it has."""
        stored = self.row(table, id)
        self._check(table, stored, values)
        fresh = {name: value for name, value in values.items() if prm.tell(stored[name]) != prm.tell(value)}
        if not fresh:
            return
        fresh |= consequences.of(table, fresh, stored, None, self.now)
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

    def _check(self, table: str, stored: Row, values: Row) -> None:
        for name, state in values.items():
            if machine := _MACHINES.get((table, name)):
                check(machine, stored.get(name), state)

    def _audit(self, table: str, id: str, stored: Row, values: Row) -> None:
        whose = {"actor_type": "partner_user" if self.user else "engine", "actor": self.actor, "at": self.now}
        why = {"cause_type": self.cause, "cause_ref": self.name}
        about = {"entity": table, "entity_id": id}
        entries = [
            {**whose, **why, **about, "field": name, "old": prm.tell(stored.get(name)), "new": prm.tell(value)}
            for name, value in values.items()
        ]
        self.conn.execute(insert(audit_log), entries)


@contextmanager
def acting(project: Project, name: str, actor: str | None, *, cause: Cause = "command") -> Iterator[Act]:
    """An act by the partner user with this e-mail address, all of it or nothing. Raises Rejected where there is no such user."""
    with write(project.engine) as conn:
        yield Act(conn, project.now(), name, _user(conn, actor) if actor else None, cause)


def _user(conn: Connection, email: str) -> Row:
    t = partner_user.c
    found = (
        conn.execute(select(partner_user).where(func.lower(t.email) == email.lower(), t.deleted_at.is_(None))).mappings().first()
    )
    if found is None or found["status"] != "active":
        raise Rejected("permission", f"{email} is no active partner user")
    return dict(found)
