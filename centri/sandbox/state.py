"""The state of one CRM in the sandbox: its objects and rows, clock, people, sessions, faults and log."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from centri.sandbox.circumstances import Circumstances, current, under
from centri.sandbox.clock import Clock
from centri.sandbox.drift import Drift
from centri.sandbox.faults import Faults
from centri.sandbox.late import Late, Write
from centri.sandbox.rows import Row, Table
from centri.sandbox.schema import Schema
from centri.sandbox.sessions import Sessions

LOG_LENGTH = 5000


class Refused(Exception):
    """A write or read that the CRM says no to, in the CRM's own words; the API side turns it into an answer."""

    def __init__(self, status: int, code: str, message: str, fields: Iterable[str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = None if fields is None else list(fields)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the integration logs in with."""

    username: str = "integration@centri.example"
    password: str = "sandbox-password"  # noqa: S105 - play money
    client_id: str = "centri-sandbox"
    client_secret: str = "sandbox-secret"  # noqa: S105 - play money


class Org(ABC):
    """One CRM: tables by object name, and the one way to write to them, whoever writes.

    A CRM is a subclass that says how its ids look (:meth:`new_id`), what it makes of given values (:meth:`accept`), what
    falls with a deleted row (:meth:`dependants`), how a lead is converted (:meth:`convert`), how a row reads as JSON
    (:meth:`view`) and what an armed fault says (:meth:`fault_body`). Every method takes the lock itself;
    ``with org.lock`` holds it over several. Names of objects are found in any case. ``user`` is always a user's id; None
    means the integration user.
    """

    user_object = "User"
    limit_status = 429
    """What calls beyond the day's allowance are answered with."""

    def __init__(self, name: str, schemas: Iterable[Schema], *, seed: int = 0) -> None:
        self.name = name
        self.lock = threading.RLock()
        self.clock = Clock()
        self.random = Random(seed)
        self.credentials = Credentials()
        self.sessions = Sessions(self.clock.true)
        self.faults = Faults()
        self.late = Late()
        self.drift = Drift()
        self.log: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
        self.calls = 0
        self.integration_user = ""
        self.tables = {schema.name: Table(schema) for schema in schemas}
        self._folded = {name.casefold(): table for name, table in self.tables.items()}
        self._journal: list[tuple[Table, str, Row | None]] | None = None
        self._kept: dict[str, list[Row]] = {}

    # -- what a CRM says for itself ------------------------------------------------------------------------------------

    @abstractmethod
    def new_id(self, table: Table) -> str:
        """A fresh id, from ``self.random`` or a count, never from the operating system."""

    @abstractmethod
    def accept(self, table: Table, values: dict[str, Any], row: Row | None, *, user: str) -> dict[str, Any]:
        """The values to store, by the schema's spelling: checked, typed, tidied, defaults filled in for a new row
        (``row`` is None), derived fields included. None clears a field. Raises Refused.
        """

    def dependants(self, table: Table, row: Row) -> list[tuple[Table, Row]]:
        """Live rows that are deleted along with this one."""
        return []

    def convert(self, id: str, *, user: str | None = None, **wishes: Any) -> dict[str, Any]:
        """Convert a lead as a person does; returns ids by what came of it. Raises Refused."""
        raise Refused(400, "NOT_SUPPORTED", f"{self.name} has no way to convert a lead here")

    def merge(self, object: str, winner: str, losers: Iterable[str], *, user: str | None = None) -> Row:
        """Merge rows into a winner as a person does. Raises Refused."""
        raise Refused(400, "NOT_SUPPORTED", f"{self.name} has no way to merge here")

    def view(self, table: Table, row: Row) -> dict[str, Any]:
        """A row as the control endpoints show it."""
        return {"id": row.id, **row.values, "deleted": row.deleted}

    def fault_body(self, status: int) -> Any:
        """What the CRM says with this status when the fault itself gives no body; None for an empty one."""
        return None

    def configure(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Set what this CRM alone lets a test set, and tell how it is set. Raises ValueError for what it does not know."""
        if settings:
            raise ValueError(f"{self.name} has nothing to set")
        return {}

    def locked(self, id: str | None) -> Refused:
        """What the CRM says when another writer holds the row; None: a new row's."""
        return Refused(503, "service_unavailable", "The server is currently unavailable. Please try again later.")

    # -- reading -------------------------------------------------------------------------------------------------------

    def table(self, object: str) -> Table:
        """The table of an object; raises KeyError for an unknown one."""
        return self.tables.get(object) or self._folded[object.casefold()]

    def get(self, object: str, id: str) -> Row | None:
        """A row, deleted or not."""
        return self.table(object).get(id)

    def rows(self, object: str, *, deleted: bool = False) -> list[Row]:
        """All rows in (stamp, id) order."""
        with self.lock:
            return list(self.table(object).since(deleted=deleted))

    def person(self, who: str | None) -> str:
        """The id of the user with this id or with this text in any field (name, e-mail, user name); None: the
        integration user. Raises KeyError for nobody.
        """
        if who is None:
            return self.integration_user
        users = self.table(self.user_object)
        if users.get(who):
            return who
        for row in users.since():
            if who in row.values.values():
                return row.id
        raise KeyError(who)

    def count(self, object: str, *, deleted: bool = False) -> int:
        """How many rows."""
        with self.lock:
            table = self.table(object)
            return len(table) if deleted else len(table) - table.deleted

    # -- writing -------------------------------------------------------------------------------------------------------

    def create(self, object: str, values: dict[str, Any], *, user: str | None = None, id: str | None = None) -> Row:
        """A new row, by the CRM's rules. Raises Refused."""
        with self.lock:
            self._check_lock(None)
            table, who, now = self.table(object), user or self.integration_user, self.clock.now()
            accepted = {k: v for k, v in self.accept(table, values, None, user=who).items() if v is not None}
            row = Row(id or self.new_id(table), accepted, now, who, now, who, now)
            self._write(table, row)
            return row

    def update(self, object: str, id: str, values: dict[str, Any], *, user: str | None = None) -> Row:
        """Change some fields of a live row, by the CRM's rules. Raises Refused, KeyError for an unknown id."""
        with self.lock:
            table, who = self.table(object), user or self.integration_user
            row = table.get(id)
            if row is None:
                raise KeyError(id)
            self._check_lock(id)
            return self._write(table, row.touched(self.clock.now(), who, **self.accept(table, values, row, user=who)))

    def delete(self, object: str, id: str, *, user: str | None = None) -> Row:
        """Mark a row deleted, and all that falls with it. Raises KeyError for an unknown id."""
        with self.lock:
            table = self.table(object)
            row = table.get(id)
            if row is None:
                raise KeyError(id)
            self._check_lock(id)
            return self._fall(table, row, self.clock.now(), user or self.integration_user)

    def undelete(self, object: str, id: str, *, user: str | None = None) -> Row:
        """Bring a deleted row back. Raises KeyError for an unknown id."""
        with self.lock:
            table = self.table(object)
            row = table.get(id)
            if row is None:
                raise KeyError(id)
            return self._write(table, row.touched(self.clock.now(), user or self.integration_user, deleted=False))

    def touch(self, object: str, id: str, *, user: str | None = None, **values: Any) -> Row:
        """Set stored values past the CRM's rules (a conversion's own fields, a re-parented child)."""
        with self.lock:
            table = self.table(object)
            row = table.get(id)
            if row is None:
                raise KeyError(id)
            return self._write(table, row.touched(self.clock.now(), user or self.integration_user, **values))

    def load(
        self,
        object: str,
        values: dict[str, Any],
        *,
        id: str | None = None,
        created: int | None = None,
        modified: int | None = None,
        user: str | None = None,
    ) -> Row:
        """Put a row as it is: no rules asked, values already typed and spelt as in the schema (seeds and ``--data``).

        Sorting waits for the first reader, so a million of them load in seconds. ``values`` is kept, not copied.
        """
        with self.lock:
            table, who = self.table(object), user or self.integration_user
            stamp = self.clock.now() if modified is None else modified
            born = stamp if created is None else created
            row = Row(id or self.new_id(table), values, born, who, stamp, who, stamp)
            table.put(row, sort_later=True)
            return row

    def hide(self, writes: list[Write], seconds: int) -> None:
        """Keep these writes from readers for so many seconds by the CRM's clock."""
        with self.lock:
            self.late.hide(writes, self.clock.now() + seconds)

    def show_late(self) -> None:
        """Let readers see the hidden writes whose time has come."""
        with self.lock:
            self.late.show(self.clock.now())

    @contextmanager
    def hiding(self, seconds: int) -> Iterator[None]:
        """What is written inside is seen by readers so many seconds later."""
        with self.lock, under(Circumstances(writes=[])) as circumstances:
            yield
            self.hide(circumstances.writes or [], seconds)

    def remember(self) -> None:
        """Take the rows as they are now for the state that :meth:`reset` goes back to."""
        with self.lock:
            self._kept = {name: list(table.since(deleted=True)) for name, table in self.tables.items()}

    def reset(self) -> None:
        """Go back to the remembered rows, and forget sessions, faults, drift, log, calls and the clock's offset."""
        with self.lock:
            self.drift.undo()
            for name, table in self.tables.items():
                table.clear()
                for row in self._kept.get(name, ()):
                    table.put(row, sort_later=True)
            self.sessions.clear()
            self.faults.clear()
            self.late.clear()
            self.log.clear()
            self.calls = 0
            self.clock.shift(0)

    # -- all or nothing ------------------------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: an exception puts every row written inside back as it was. May be nested."""
        with self.lock:
            outer, journal = self._journal, []  # type: list[tuple[Table, str, Row | None]] | None, list[Any]
            self._journal = journal
            try:
                yield
            except BaseException:
                for table, key, before in reversed(journal):
                    table.put(before) if before else table.drop(key)
                raise
            else:
                if outer is not None:
                    outer.extend(journal)
            finally:
                self._journal = outer

    def _fall(self, table: Table, row: Row, now: int, who: str) -> Row:
        """Delete a row and its dependants in one moment, so that they can be told to have fallen together."""
        for other, dependant in self.dependants(table, row):
            self._fall(other, dependant, now, who)
        return self._write(table, row.touched(now, who, deleted=True))

    def _check_lock(self, id: str | None) -> None:
        locked = current().locked
        if locked and locked():
            raise self.locked(id)

    def _write(self, table: Table, row: Row) -> Row:
        before = table.put(row)
        if (kept := current().writes) is not None:
            kept.append((table, row, before))
        if self._journal is not None:
            self._journal.append((table, row.id, before))
        return row
